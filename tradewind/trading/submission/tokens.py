"""Checks that the platform trades the tokens of an intent, as the intent names them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tradewind.contracts.instruments.assets import Asset
from tradewind.trading.tokens import TokenRegistry


class TokenProblem(NamedTuple):
    """A field of an intent that names no token we trade; `limit` is what it must be."""

    field: str
    message: str
    limit: int | None = None

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def token_problems(assets: Iterable[Asset], registry: TokenRegistry) -> list[TokenProblem]:
    """Return what is wrong with the tokens of an intent, which are base and quote."""
    return [
        problem
        for index, asset in enumerate(assets)
        for problem in _problems(asset, f"assets[{index}]", registry)
    ]


def _problems(asset: Asset, path: str, registry: TokenRegistry) -> Iterator[TokenProblem]:
    token = registry.by_address(asset.chain, asset.address)
    if token is None:
        if all(known.chain != asset.chain for known in registry.tokens):
            yield TokenProblem(f"{path}.chain", "has no token this platform trades")
        else:
            yield TokenProblem(f"{path}.address", "is not a token this platform trades")
        return
    if asset.symbol != token.symbol:
        yield TokenProblem(f"{path}.symbol", f"must be {token.symbol} for this address")
    if asset.decimals != token.decimals:
        yield TokenProblem(
            f"{path}.decimals", f"must be {token.decimals} for {token.symbol}", token.decimals
        )
