"""Reads and writes `deployment.json`, which describes a running dev chain."""

from pathlib import Path
from typing import Final

from pydantic import Field, ValidationError

from tradewind.contracts.instruments.assets import Address, Chain, RegisteredToken, Symbol
from tradewind.contracts.wire import Document
from tradewind.trading.chain.uniswap_v3 import UniswapV3Contracts

DEPLOYMENT_FILE: Final = "deployment.json"
TOKENS_FILE: Final = "tokens.json"


class DeployedPool(Document):
    """A pool, its tokens by symbol."""

    address: Address
    token0: Symbol
    token1: Symbol
    fee_pips: int = Field(ge=0, le=1_000_000)
    tick_spacing: int = Field(ge=1, le=16_384)


class Deployment(Document):
    """The addresses of a deployment. It is written when all of it is deployed."""

    key: str
    """Digest of the blueprint it was made from."""
    rpc_url: str
    chain: Chain
    chain_id: int
    account: Address
    """The funded account; its key is in `tradewind.operations.embedded.devchain.accounts`."""
    contracts: UniswapV3Contracts
    tokens: tuple[RegisteredToken, ...]
    pools: tuple[DeployedPool, ...]

    def token(self, symbol: str) -> RegisteredToken:
        """Return the token of a symbol; KeyError when there is none."""
        return {token.symbol: token for token in self.tokens}[symbol]


def read_deployment(directory: Path) -> Deployment | None:
    """Return the deployment of a directory; None when there is none or it is unreadable."""
    try:
        return Deployment.model_validate_json((directory / DEPLOYMENT_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def write_deployment(directory: Path, deployment: Deployment) -> None:
    """Write the deployment and, in the format of `TRADEWIND_TOKENS_FILE`, its tokens."""
    tokens = deployment.model_dump_json(include={"tokens"}, indent=2)
    _replace(directory / TOKENS_FILE, tokens)
    _replace(directory / DEPLOYMENT_FILE, deployment.model_dump_json(indent=2))


def _replace(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(text + "\n")
    fresh.replace(path)
