"""Reads, in one request to a node, all that the next action on open transactions depends on."""

from collections.abc import Iterable, Sequence
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


async def read_chain(
    client: RpcClient,
    wallet: str,
    transactions: Sequence[WalletTransaction],
    block_numbers: Iterable[int] = (),
) -> ChainView:
    """Return head, nonce, the receipts of all attempts, and the hashes of some blocks.

    Raises RpcUnavailable when no node gives an answer that makes sense.
    """
    hashes = [attempt.tx_hash for transaction in transactions for attempt in transaction.attempts]
    numbers = sorted(_numbers(transactions) | set(block_numbers))
    calls = [
        Call("eth_getBlockByNumber", (LATEST, False)),
        Call("eth_maxPriorityFeePerGas"),
        Call("eth_getTransactionCount", (wallet, LATEST)),
        *(Call(RECEIPT, (tx_hash,)) for tx_hash in hashes),
        *(Call("eth_getBlockByNumber", (to_quantity(number), False)) for number in numbers),
    ]
    head, priority, count, *rest = await client.batch(calls)
    receipts, blocks = rest[: len(hashes)], rest[len(hashes) :]
    placed, unreadable = await _receipts(client, hashes, receipts)
    try:
        header = result_of(head)
        return ChainView(
            head_number=parse_quantity(header["number"]),
            head_hash=header["hash"].lower(),
            head_time=datetime.fromtimestamp(parse_quantity(header["timestamp"]), UTC),
            base_fee_wei=parse_quantity(header["baseFeePerGas"]),
            suggested_priority_fee_wei=0
            if isinstance(priority, Fault)
            else parse_quantity(priority),
            next_nonce=parse_quantity(result_of(count)),
            receipts=placed,
            unreadable=unreadable,
            block_hashes={
                number: block["hash"].lower()
                for number, block in zip(numbers, map(_found, blocks), strict=True)
                if block is not None
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise RpcUnavailable(f"a node answers nonsense: {type(error).__name__}") from error


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


def _found(reply: Reply) -> dict[str, Any] | None:
    """Return the object in a reply, or None where the node has none or failed."""
    return reply if isinstance(reply, dict) else None
