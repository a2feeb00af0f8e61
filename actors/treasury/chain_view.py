"""Reads what a wallet holds in one block, named by its hash: its numbers fit each other."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from tradewind.trading.chain.contract_interface import Read
from tradewind.trading.chain.erc20 import ALLOWANCE, BALANCE_OF
from tradewind.trading.chain.errors import RpcUnavailable
from tradewind.trading.chain.hexadecimal import parse_data, parse_quantity, to_data, to_quantity
from tradewind.trading.chain.json_rpc import Call, Fault, Reply
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.treasury.records import MAX_UNITS, NATIVE, Token

BALANCE: Final = "eth_getBalance"
COUNT: Final = "eth_getTransactionCount"
PENDING: Final = "pending"
HEADER: Final = "eth_getBlockByNumber"
HASH_BYTES: Final = 32
MAX_PROBLEM: Final = 160
MAX_SECONDS: Final = 2**37
MAX_NUMBER: Final = 2**63 - 1
"""The tables hold no higher block numbers and nonces."""

type Spender = tuple[str, str]
"""A token and who may take it."""


class Block(NamedTuple):
    """A block of the chain."""

    number: int
    hash: str
    time: datetime


class WalletView(NamedTuple):
    """What a wallet holds in a block, as one node tells it."""

    block: Block
    nonce: int
    """How many transactions of the wallet the chain counts up to the block."""
    balances: Mapping[str, int]
    """By the token's address; one that cannot be read is left out."""
    problems: Mapping[str, str]
    """Why it cannot be read."""
    allowances: Mapping[Spender, int]
    is_canonical: bool
    """Whether the block was still in the chain when all of this was read."""


async def read_block(client: RpcClient, confirmations: int) -> Block:
    """Return the newest block with so many blocks above it; RpcUnavailable."""
    head = await read_head(client)
    number = max(0, head - confirmations)
    return await client.ask([Call(HEADER, (to_quantity(number), False))], _parse_header)


async def read_head(client: RpcClient) -> int:
    """Return the number of the newest block; RpcUnavailable."""
    return await client.ask([Call("eth_blockNumber")], _single_quantity)


async def read_pending(client: RpcClient, address: str) -> int:
    """Return how many transactions of a wallet a node knows, mined or not; RpcUnavailable.

    Every node that answers is believed: each knows of what it was sent.
    """
    call = Call(COUNT, (address, PENDING))
    asked = (one.ask([call], _single_quantity) for one in client.one_by_one())
    answers = await asyncio.gather(*asked, return_exceptions=True)
    counts = [one for one in answers if isinstance(one, int)]
    if not counts:
        raise RpcUnavailable(f"no node says what {address} has sent")
    return max(counts)


async def read_hash(client: RpcClient, number: int) -> str:
    """Return the hash of the block that has this number now; RpcUnavailable."""
    header = await client.ask([Call(HEADER, (to_quantity(number), False))], _parse_header)
    return header.hash


async def read_wallet(
    client: RpcClient,
    address: str,
    block: Block,
    tokens: Sequence[Token],
    spenders: Sequence[Spender] = (),
) -> WalletView:
    """Return what a wallet holds in a block, asked for in one batch; RpcUnavailable."""
    at = {"blockHash": block.hash}
    contracts = [one for one in tokens if one.address != NATIVE]
    calls = [
        Call(COUNT, (address, at)),
        Call(BALANCE, (address, at)),
        *(Read(one.address, BALANCE_OF, (address,)).call(at) for one in contracts),
        *(Read(token, ALLOWANCE, (address, who)).call(at) for token, who in spenders),
        Call(HEADER, (to_quantity(block.number), False)),
    ]

    def parse(replies: list[Reply]) -> WalletView:
        nonce, native, *rest, header = replies
        held, allowed = rest[: len(contracts)], rest[len(contracts) :]
        balances, problems = {NATIVE: _bounded(native, MAX_UNITS)}, {}
        for token, reply in zip(contracts, held, strict=True):
            amount = _word(reply)
            if isinstance(amount, int):
                balances[token.address] = amount
            else:
                problems[token.address] = amount
        words = zip(spenders, map(_word, allowed), strict=True)
        return WalletView(
            block,
            _bounded(nonce, MAX_NUMBER),
            balances,
            problems,
            {spender: word for spender, word in words if isinstance(word, int)},
            _parse_header([header]).hash == block.hash,
        )

    return await client.ask(calls, parse)


def _single_quantity(replies: list[Reply]) -> int:
    return _bounded(replies[0], MAX_NUMBER)


def _bounded(value: object, most: int) -> int:
    number = parse_quantity(value)
    if number > most:
        raise ValueError(f"{number} is more than there can be")
    return number


def _parse_header(replies: list[Reply]) -> Block:
    """Return a block; ValueError or TypeError for what is none."""
    header: Any = replies[0]
    hash_bytes = parse_data(header["hash"])
    seconds = parse_quantity(header["timestamp"])
    if len(hash_bytes) != HASH_BYTES or seconds > MAX_SECONDS:
        raise ValueError("the header of a block has no hash or no time")
    time = datetime.fromtimestamp(seconds, UTC)
    return Block(_bounded(header["number"], MAX_NUMBER), to_data(hash_bytes), time)


def _word(reply: Reply) -> int | str:
    """Return the number a contract answers, or why it answers none."""
    if isinstance(reply, Fault):
        return f"{reply.message} ({reply.code})"[:MAX_PROBLEM]
    try:
        (amount,) = BALANCE_OF.decode(parse_data(reply))
    except ValueError:
        return "it answers no number"
    return int(amount) if amount <= MAX_UNITS else "it answers more than there can be"
