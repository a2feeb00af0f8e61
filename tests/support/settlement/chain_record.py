"""Reads the chain block by block as JSON, without code of the platform."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

SWAP_TOPIC: Final = "0xc42079f94a6350d7e6235f29174924f928cc2ac818eb64fed8004e115fbcca67"
"""keccak256 of Swap(address,address,int256,int256,uint160,uint128,int24)."""
TRANSFER_TOPIC: Final = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
"""keccak256 of Transfer(address,address,uint256)."""
BALANCE_OF: Final = "0x70a08231"
BLOCKS_PER_BATCH: Final = 100
WORD: Final = 64


@dataclass(frozen=True)
class Swap:
    """One Swap log: amounts are what the pool took and gave, in base units."""

    pool: str
    amount_in: int
    amount_out: int


@dataclass(frozen=True)
class Mined:
    """A transaction of the wallet in a block."""

    tx_hash: str
    nonce: int
    block_number: int
    block_hash: str
    to: str
    value_wei: int
    data: str
    succeeded: bool
    swaps: tuple[Swap, ...]
    moved: dict[str, int]
    """Net amounts that Transfer logs gave the wallet, by token."""
    max_fee_per_gas_wei: int
    max_priority_fee_per_gas_wei: int
    cost_wei: int


@dataclass(frozen=True)
class Balances:
    """Nonce, ether and tokens by address of the wallet at a block."""

    block_number: int
    nonce: int
    wei: int
    tokens: dict[str, int]


class ChainRecord:
    """Reads one wallet's transactions. Addresses and hashes are lower case."""

    def __init__(self, session: aiohttp.ClientSession, url: str, wallet: str) -> None:
        self._session = session
        self._url = url
        self.wallet = wallet.lower()

    async def balances(self, tokens: Sequence[str]) -> Balances:
        """Return the balances at the newest block."""
        head = await self.ask("eth_blockNumber")
        calls: list[tuple[str, list[Any]]] = [
            ("eth_getTransactionCount", [self.wallet, head]),
            ("eth_getBalance", [self.wallet, head]),
        ]
        data = BALANCE_OF + _word(self.wallet)
        calls += [("eth_call", [{"to": token, "data": data}, head]) for token in tokens]
        nonce, wei, *amounts = [int(result, 16) for result in await self.ask_all(calls)]
        held = dict(zip((token.lower() for token in tokens), amounts, strict=True))
        return Balances(int(head, 16), nonce, wei, held)

    async def mined(self, after_block: int) -> list[Mined]:
        """Return the wallet's transactions above a block, by nonce."""
        head = int(await self.ask("eth_blockNumber"), 16)
        found = []
        for first in range(after_block + 1, head + 1, BLOCKS_PER_BATCH):
            numbers = range(first, min(first + BLOCKS_PER_BATCH, head + 1))
            blocks = await self.ask_all(
                [("eth_getBlockByNumber", [hex(number), True]) for number in numbers]
            )
            found += [
                transaction
                for block in blocks
                for transaction in block["transactions"]
                if transaction["from"] == self.wallet
            ]
        receipts = await self.ask_all(
            [("eth_getTransactionReceipt", [transaction["hash"]]) for transaction in found]
        )
        mined = [self._mined(*pair) for pair in zip(found, receipts, strict=True)]
        return sorted(mined, key=lambda one: one.nonce)

    async def ask(self, method: str, *params: Any) -> Any:
        """Return one result; an error fails the test."""
        (result,) = await self.ask_all([(method, list(params))])
        return result

    async def ask_all(self, calls: Sequence[tuple[str, list[Any]]]) -> list[Any]:
        """Return the results of one batch, in order."""
        if not calls:
            return []
        batch = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in enumerate(calls)
        ]
        async with self._session.post(self._url, json=batch) as answer:
            replies = {reply["id"]: reply for reply in await answer.json()}
        assert not [reply for reply in replies.values() if "error" in reply], replies
        return [replies[number]["result"] for number in range(len(calls))]

    def _mined(self, transaction: dict[str, Any], receipt: dict[str, Any]) -> Mined:
        assert receipt["transactionHash"] == transaction["hash"]
        logs = receipt["logs"]
        succeeded, value = receipt["status"] == "0x1", int(transaction["value"], 16)
        gas_wei = int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
        return Mined(
            tx_hash=transaction["hash"],
            nonce=int(transaction["nonce"], 16),
            block_number=int(transaction["blockNumber"], 16),
            block_hash=transaction["blockHash"],
            to=(transaction["to"] or "").lower(),
            value_wei=value,
            data=transaction["input"],
            succeeded=succeeded,
            swaps=tuple(_swap(log) for log in logs if log["topics"][0] == SWAP_TOPIC),
            moved=self._moved(log for log in logs if log["topics"][0] == TRANSFER_TOPIC),
            max_fee_per_gas_wei=int(transaction["maxFeePerGas"], 16),
            max_priority_fee_per_gas_wei=int(transaction["maxPriorityFeePerGas"], 16),
            cost_wei=gas_wei + (value if succeeded else 0),
        )

    def _moved(self, logs: Any) -> dict[str, int]:
        moved: dict[str, int] = {}
        own = "0x" + _word(self.wallet)
        for log in logs:
            _, sender, recipient = log["topics"]
            change = int(log["data"], 16) * ((recipient == own) - (sender == own))
            token = log["address"].lower()
            moved[token] = moved.get(token, 0) + change
        return moved


def _word(address: str) -> str:
    return address.removeprefix("0x").lower().rjust(WORD, "0")


def _swap(log: dict[str, Any]) -> Swap:
    digits = log["data"].removeprefix("0x")
    amounts = [_signed(digits[start : start + WORD]) for start in (0, WORD)]
    return Swap(log["address"].lower(), max(amounts), -min(amounts))


def _signed(digits: str) -> int:
    return int.from_bytes(bytes.fromhex(digits), signed=True)


@asynccontextmanager
async def chain_record(url: str, wallet: str) -> AsyncIterator[ChainRecord]:
    """Open a record of a wallet on an honest node."""
    async with aiohttp.ClientSession() as session:
        yield ChainRecord(session, url, wallet)
