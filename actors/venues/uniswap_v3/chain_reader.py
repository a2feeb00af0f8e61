"""Reads what the next action on open transactions depends on: the head first, then what it says."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from actors.venues.uniswap_v3.next_action import ChainView
from actors.venues.uniswap_v3.receipts import RECEIPT, UnreadableReceipt, place
from tradewind.trading.chain.contract_interface import LATEST
from tradewind.trading.chain.errors import RpcUnavailable
from tradewind.trading.chain.hexadecimal import parse_quantity, to_quantity
from tradewind.trading.chain.json_rpc import Call, Fault, Reply
from tradewind.trading.chain.rpc_client import RpcClient, result_of
from tradewind.trading.wallet.records import TransactionState, WalletTransaction

PENDING = "pending"


async def read_head(client: RpcClient, wallet: str) -> ChainView:
    """Return the newest block, and how many transactions of the wallet it counts.

    This is all that is asked while there is no new block. Raises RpcUnavailable when no node gives
    an answer that makes sense.
    """
    head, count, pending = await client.batch(
        [
            Call("eth_getBlockByNumber", (LATEST, False)),
            Call("eth_getTransactionCount", (wallet, LATEST)),
            Call("eth_getTransactionCount", (wallet, PENDING)),
        ]
    )
    try:
        header = result_of(head)
        return ChainView(
            head_number=parse_quantity(header["number"]),
            head_hash=header["hash"].lower(),
            parent_hash=str(header.get("parentHash", "")).lower(),
            head_time=datetime.fromtimestamp(parse_quantity(header["timestamp"]), UTC),
            base_fee_wei=parse_quantity(header["baseFeePerGas"]),
            next_nonce=parse_quantity(result_of(count)),
            # Not every node can tell what waits in its pool.
            pending_nonce=None if isinstance(pending, Fault) else parse_quantity(pending),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise RpcUnavailable(f"a node answers nonsense: {type(error).__name__}") from error


async def read_block_hash(client: RpcClient, number: int) -> str | None:
    """Return the hash of the chain's present block at a number, or None where there is none."""
    (reply,) = await client.batch([Call("eth_getBlockByNumber", (to_quantity(number), False))])
    return _hash(_found(reply))


async def read_details(
    client: RpcClient,
    view: ChainView,
    transactions: Sequence[WalletTransaction],
    block_numbers: Iterable[int] = (),
) -> ChainView:
    """Return the view with the receipts of the transactions, and the hashes of some blocks.

    A count is no reason to ask for no receipt: a node that lags or lies may count too few.
    """
    hashes = [attempt.tx_hash for transaction in transactions for attempt in transaction.attempts]
    numbers = sorted(_numbers(transactions) | set(block_numbers))
    if not hashes and not numbers:
        return view
    replies = await client.batch(
        [
            *(Call(RECEIPT, (tx_hash,)) for tx_hash in hashes),
            *(Call("eth_getBlockByNumber", (to_quantity(number), False)) for number in numbers),
        ]
    )
    blocks = map(_hash, map(_found, replies[len(hashes) :]))
    receipts, unreadable = await _receipts(client, hashes, replies[: len(hashes)])
    return replace(
        view,
        receipts=receipts,
        unreadable=unreadable,
        block_hashes={
            number: block_hash
            for number, block_hash in zip(numbers, blocks, strict=True)
            if block_hash is not None
        },
    )


def _numbers(transactions: Sequence[WalletTransaction]) -> set[int]:
    return {
        transaction.mined_block_number
        for transaction in transactions
        if transaction.state is TransactionState.MINED
        and transaction.mined_block_number is not None
    }


async def _receipts(
    client: RpcClient, hashes: Sequence[str], replies: Sequence[Reply]
) -> tuple[dict[str, dict[str, Any]], frozenset[str]]:
    """Return the receipts of mined transactions, and the hashes of those that cannot be read.

    One that does not say in which block it is is asked of the other nodes.
    """
    found: dict[str, dict[str, Any]] = {}
    unreadable: set[str] = set()
    for tx_hash, reply in zip(hashes, replies, strict=True):
        try:
            receipt = place(reply, tx_hash)
        except UnreadableReceipt:
            receipt = await _elsewhere(client, tx_hash)
            if receipt is None:
                unreadable.add(tx_hash)
        if receipt is not None:
            found[tx_hash] = receipt
    return found, frozenset(unreadable)


async def _elsewhere(client: RpcClient, tx_hash: str) -> dict[str, Any] | None:
    async for reply in client.every_answer(Call(RECEIPT, (tx_hash,))):
        try:
            receipt = place(reply, tx_hash)
        except UnreadableReceipt:
            continue
        if receipt is not None:
            return receipt
    return None


def _hash(block: dict[str, Any] | None) -> str | None:
    found = None if block is None else block.get("hash")
    return found.lower() if isinstance(found, str) else None


def _found(reply: Reply) -> dict[str, Any] | None:
    """Return the object in a reply, or None where the node has none or failed."""
    return reply if isinstance(reply, dict) else None
