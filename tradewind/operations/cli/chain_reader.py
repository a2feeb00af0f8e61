"""Reads a chain by web3.py, for commands that a person waits for.

`import web3` takes seconds, so commands import this module when they run, and no role ever does:
what roles ask a node goes through `tradewind.trading.chain`.
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

from eth_typing import ABI, ABIFunction, ChecksumAddress
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.exceptions import Web3Exception

from tradewind.contracts.instruments.assets import RegisteredToken
from tradewind.errors import ConfigurationError, TradewindError
from tradewind.trading.chain.errors import RpcUnavailable
from tradewind.trading.chain.settings import ChainSettings

ETHER_DECIMALS: Final = 18
PROXY_SLOTS: Final = (
    (Web3.keccak(text="eip1967.proxy.implementation"), 1),
    (Web3.keccak(text="org.zeppelinos.proxy.implementation"), 0),
)
"""Where upgradeable contracts keep what they lead to: a hash, and what is subtracted from it."""
CLONE_HEAD: Final = bytes.fromhex("363d3d373d3d3d363d73")
"""The beginning of a minimal proxy (EIP-1167); the address follows."""
ADDRESS_BYTES: Final = 20


class NoSuchContract(TradewindError):
    """There is no contract at this address on this chain."""

    code = "NO_SUCH_CONTRACT"


class Balance(NamedTuple):
    """What an account holds of a token, or why that could not be read."""

    symbol: str
    address: str | None
    """None for the chain's own currency."""
    decimals: int
    base_units: int | None
    problem: str = ""

    @property
    def amount(self) -> Decimal | None:
        """The amount in whole tokens."""
        return None if self.base_units is None else Decimal(self.base_units).scaleb(-self.decimals)


class Inspection(NamedTuple):
    """What a contract says of itself; a property that it does not tell is a text that says why."""

    block_number: int
    code_bytes: int
    leads_to: str | None
    """The implementation behind a proxy."""
    properties: Mapping[str, Any]


class ChainReader:
    """Reads everything from one block, so that the numbers fit each other."""

    def __init__(self, settings: ChainSettings) -> None:
        """Connect to the first node that answers and is on the configured chain."""
        self._web3 = _connect(settings)
        self.block_number: int = self._web3.eth.block_number

    def balances(self, account: str, tokens: Sequence[RegisteredToken]) -> list[Balance]:
        """Return ether and every token; one that cannot be read does not stop the others."""
        owner = self._web3.to_checksum_address(account)
        wei = self._web3.eth.get_balance(owner, self.block_number)
        return [
            Balance("ETH", None, ETHER_DECIMALS, wei),
            *(self._balance(token, owner) for token in tokens),
        ]

    def inspect(self, address: str, abi: ABI) -> Inspection:
        """Ask a contract for every function of an ABI that takes nothing and changes nothing."""
        place = self._web3.to_checksum_address(address)
        code = bytes(self._web3.eth.get_code(place, self.block_number))
        if not code:
            raise NoSuchContract(f"no contract at {place} in block {self.block_number}")
        contract = self._web3.eth.contract(place, abi=abi)
        told = {name: self._ask(contract, name) for name in dict.fromkeys(_readable(abi))}
        old = self._web3.eth.contract(place, abi=BYTES32_ABI)
        for name in OLD_NAMES:
            if isinstance(told.get(name), Untold):
                answer = self._ask(old, name)
                told[name] = _text(answer) if isinstance(answer, bytes) else told[name]
        return Inspection(self.block_number, len(code), self._leads_to(place, code), told)

    def _balance(self, token: RegisteredToken, owner: ChecksumAddress) -> Balance:
        contract = self._web3.eth.contract(
            self._web3.to_checksum_address(token.address), abi=ERC20_ABI
        )
        known = (token.symbol, token.address, token.decimals)
        try:
            held: int = contract.functions.balanceOf(owner).call(block_identifier=self.block_number)
        except (Web3Exception, ValueError) as error:
            return Balance(*known, None, _first_line(error))
        return Balance(*known, held)

    def _ask(self, contract: Contract, name: str) -> Any:
        try:
            return contract.get_function_by_signature(f"{name}()").call(
                block_identifier=self.block_number
            )
        except (Web3Exception, ValueError) as error:
            return Untold(_first_line(error))

    def _leads_to(self, place: ChecksumAddress, code: bytes) -> str | None:
        if code.startswith(CLONE_HEAD):
            start = len(CLONE_HEAD)
            return self._web3.to_checksum_address(code[start : start + ADDRESS_BYTES])
        for key, less in PROXY_SLOTS:
            word = self._web3.eth.get_storage_at(
                place, int.from_bytes(key) - less, self.block_number
            )
            if any(word):
                return self._web3.to_checksum_address(bytes(word)[-ADDRESS_BYTES:])
        return None


class Untold(str):
    """Why a contract did not answer, where its answer would be."""


def read_abi(path: Path) -> ABI:
    """Read an ABI from a file, or from the artifact of a compiler that contains one."""
    try:
        found = json.loads(path.read_bytes())
    except ValueError:
        raise ConfigurationError(f"{path}: this is no JSON") from None
    abi = found.get("abi") if isinstance(found, dict) else found
    if not isinstance(abi, list) or not all(isinstance(one, dict) for one in abi):
        raise ConfigurationError(f"{path}: neither an ABI nor an artifact with one")
    readable: ABI = abi
    return readable


def _readable(abi: ABI) -> list[str]:
    functions = (one for one in abi if one["type"] == "function")
    return [
        one["name"]
        for one in functions
        if one.get("stateMutability") in ("view", "pure") and not one.get("inputs")
    ]


def _text(word: bytes) -> str:
    return word.rstrip(b"\0").decode(errors="replace")


def _connect(settings: ChainSettings) -> Web3:
    problems = []
    for number, url in enumerate(settings.rpc_urls(), 1):
        timeout = {"timeout": settings.rpc_timeout_seconds}
        web3 = Web3(HTTPProvider(url, timeout, exception_retry_configuration=None))
        try:
            chain_id = web3.eth.chain_id
        except (Web3Exception, OSError, ValueError) as error:
            # The error itself quotes the address, which may hold a key.
            problems.append(f"node {number}: {type(error).__name__}")
            continue
        if chain_id == settings.chain_id:
            return web3
        problems.append(f"node {number}: chain {chain_id} instead of {settings.chain_id}")
    raise RpcUnavailable(f"no node of ETH_RPC_URL can be used ({', '.join(problems)})")


def _first_line(error: Exception) -> str:
    # A revert has its data beside the message.
    message = str(error.args[0]) if error.args else ""
    return (message.strip().splitlines() or [""])[0] or type(error).__name__


def _view(name: str, output: str, *inputs: str) -> ABIFunction:
    return {
        "type": "function",
        "stateMutability": "view",
        "name": name,
        "inputs": [{"type": one, "name": ""} for one in inputs],
        "outputs": [{"type": output, "name": ""}],
    }


ERC20_ABI: Final[ABI] = [
    _view("name", "string"),
    _view("symbol", "string"),
    _view("decimals", "uint8"),
    _view("totalSupply", "uint256"),
    _view("balanceOf", "uint256", "address"),
]
OLD_NAMES: Final = ("name", "symbol")
BYTES32_ABI: Final[ABI] = [_view(name, "bytes32") for name in OLD_NAMES]
"""How tokens tell their names that are older than the standard, such as MKR."""
