"""Collects what the chain says about movements of a wallet: Transfer logs, and our own receipts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from actors.treasury.decide import Movement
from tradewind.contracts.instruments.assets import to_checksum_address
from tradewind.trading.chain.erc20 import TRANSFER
from tradewind.trading.chain.errors import RpcRefused, RpcUnavailable
from tradewind.trading.chain.hexadecimal import parse_data, parse_quantity
from tradewind.trading.chain.json_rpc import Call, Reply
from tradewind.trading.chain.log_ranges import Log, LogQuery
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.treasury.records import MAX_UNITS, NATIVE, Counted

RECEIPT: Final = "eth_getTransactionReceipt"
WORD_BYTES: Final = 32
TRANSFER_TOPICS: Final = 3
MAX_RECEIPTS: Final = 256
MAX_NAMED_NONCES: Final = 16
MAX_LOG_BLOCKS: Final = 5_000_000
"""Of more blocks nobody reads logs; then nothing explains what moved in them."""
LESS_ARRIVED: Final = "arrived"
MORE_PAID: Final = "the wallet paid"
"""How settlement says of a swap that the token kept a part of it."""


class Transfer(NamedTuple):
    """A Transfer log that concerns the wallet; negative when it took."""

    token: str
    tx_hash: str
    amount: int
    counterparty: str


async def read_transfers(
    client: RpcClient, address: str, tokens: Sequence[str], first: int, last: int
) -> list[Transfer]:
    """Return the transfers of a wallet in blocks `first` to `last`; RpcUnavailable.

    A node that gives no logs at all leaves nothing to explain a difference with.
    """
    if not 0 <= last - first <= MAX_LOG_BLOCKS or not tokens:
        return []
    word = "0x" + address[2:].lower().rjust(2 * WORD_BYTES, "0")
    query = LogQuery(tuple(tokens), (TRANSFER.topic,), first, last)
    found: dict[tuple[str, int], Transfer] = {}
    for indexed in ((word,), (None, word)):
        try:
            logs = await client.logs(query._replace(indexed=indexed))
            for log in logs:
                transfer = _transfer(log, address)
                if transfer is not None:
                    found[transfer.tx_hash, parse_quantity(log["logIndex"])] = transfer
        except RpcRefused:
            return []
        except (KeyError, TypeError, ValueError) as error:
            raise RpcUnavailable(f"a node answers nonsense for logs: {error!r}") from None
    return list(found.values())


def movements_of(
    transfers: Iterable[Transfer],
    counted: Iterable[Counted],
    booked: Iterable[tuple[str, str]],
) -> dict[str, list[Movement]]:
    """Return by token what transactions moved beyond what the books have of them."""
    ours = {one.tx_hash: one for one in counted if one.tx_hash is not None}
    known, sums = set(booked), defaultdict[tuple[str, str], int](int)
    parties: dict[tuple[str, str], str] = {}
    for one in transfers:
        key = (one.token, one.tx_hash)
        sums[key] += one.amount
        parties.setdefault(key, one.counterparty)
    found = defaultdict[str, list[Movement]](list)
    for (token, tx_hash), total in sums.items():
        own = ours.get(tx_hash)
        amount = total - (0 if own is None else own.moved().get(token, 0))
        if amount and (token, tx_hash) not in known:
            found[token].append(_movement(amount, tx_hash, parties[token, tx_hash], own))
    return dict(found)


async def read_costs(
    client: RpcClient, counted: Sequence[Counted], booked: Iterable[tuple[str, str]]
) -> list[Movement]:
    """Return what receipts of ours cost otherwise than the journal says; RpcUnavailable."""
    known = set(booked)
    asked = [
        one for one in counted if one.tx_hash is not None and (NATIVE, one.tx_hash) not in known
    ][-MAX_RECEIPTS:]
    if not asked:
        return []
    replies = await client.batch([Call(RECEIPT, (one.tx_hash,)) for one in asked])
    found = []
    for one, reply in zip(asked, replies, strict=True):
        cost = _cost_of(reply)
        if cost is not None and cost != (one.fee_wei or 0):
            told = f"the receipt of nonce {one.nonce} says {cost} wei, the journal {one.fee_wei}"
            found.append(Movement((one.fee_wei or 0) - cost, str(one.tx_hash), told))
    return found


def unknown_costs(counted: Iterable[Counted]) -> frozenset[str]:
    """Return the transactions whose cost the journal does not have."""
    return frozenset(
        one.tx_hash for one in counted if one.tx_hash is not None and one.fee_wei is None
    )


def foreign_nonces(counted: Sequence[Counted], first: int, below: int) -> list[int]:
    """Return the first nonces that were used by transactions the journal does not have."""
    ours = {one.nonce for one in counted if one.state != "nonce_taken"}
    foreign = (nonce for nonce in range(first, below) if nonce not in ours)
    return list(islice(foreign, MAX_NAMED_NONCES))


def kept_parts(counted: Iterable[Counted]) -> dict[str, list[str]]:
    """Return by token what settlement said of swaps of which the token kept a part."""
    found = defaultdict[str, list[str]](list)
    for one in counted:
        if one.purpose != "swap" or one.state != "succeeded":
            continue
        for word, token in ((LESS_ARRIVED, one.token_out), (MORE_PAID, one.token_in)):
            if word in one.detail and token is not None:
                found[token].append(f"nonce {one.nonce}: {one.detail}")
    return dict(found)


def traded(counted: Iterable[Counted]) -> Mapping[str, int]:
    """Return by token how much transactions of ours moved."""
    found = defaultdict[str, int](int)
    for one in counted:
        for token, amount in one.moved().items():
            found[token] += abs(amount)
    return found


def _movement(amount: int, tx_hash: str, party: str, own: Counted | None) -> Movement:
    way = "to us from" if amount > 0 else "from us to"
    whose = "" if own is None else f", beyond what our transaction at nonce {own.nonce} moved"
    return Movement(amount, tx_hash, f"Transfer {way} {party}{whose}")


def _transfer(log: Log, address: str) -> Transfer | None:
    """Return a transfer of a token; None for what is none. ValueError for nonsense."""
    topics, data = log["topics"], parse_data(log["data"])
    if len(topics) != TRANSFER_TOPICS or len(data) != WORD_BYTES:
        return None
    sender, receiver = (_address(topic) for topic in topics[1:])
    value = int.from_bytes(data)
    amount = value * ((receiver == address) - (sender == address))
    if not amount or value > MAX_UNITS:
        return None
    other = sender if amount > 0 else receiver
    token = to_checksum_address(log["address"])
    return Transfer(token, str(log["transactionHash"]).lower(), amount, other)


def _address(topic: str) -> str:
    return to_checksum_address(f"0x{parse_data(topic)[-20:].hex()}")


def _cost_of(reply: Reply) -> int | None:
    """Return what a transaction cost by its receipt, or None where that does not say."""
    receipt: Any = reply
    try:
        cost = parse_quantity(receipt["gasUsed"]) * parse_quantity(receipt["effectiveGasPrice"])
        return cost + parse_quantity(receipt.get("l1Fee") or 0)
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
