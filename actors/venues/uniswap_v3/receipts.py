"""Reads receipts of any node software: nodes differ in how they spell them and what they leave out.

What decides about an outcome must be there and clear; what only serves bookkeeping may be absent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from tradewind.contracts.instruments.assets import to_checksum_address
from tradewind.errors import UnknownOutcome
from tradewind.trading.chain.hexadecimal import parse_data, parse_quantity, to_data, to_quantity

RECEIPT: Final = "eth_getTransactionReceipt"
HASH_BYTES: Final = 32
ADDRESS_BYTES: Final = 20
NO_HASH: Final = to_data(bytes(HASH_BYTES))
STATUSES: Final = {0: False, 1: True}
MAX_NUMBER: Final = 2**63 - 1
"""The journal's columns hold no higher block numbers, times and amounts of gas."""
MAX_INDEX: Final = 2**31 - 1
MAX_WEI: Final = 2**128
MAX_SECONDS: Final = 2**37
"""Times are read up to the year 6325: milliseconds are no seconds."""

type Json = dict[str, Any]
type Log = dict[str, Any]
"""A log with a checksummed `address`, lower-case `topics` and `data`, as JSON-RPC has them."""


class UnreadableReceipt(UnknownOutcome):
    """A receipt leaves open what happened. Ask another node; nothing is settled on it."""

    code = "UNREADABLE_RECEIPT"


@dataclass(frozen=True, slots=True)
class MinedReceipt:
    """The receipt of a transaction that is in a block."""

    block_number: int
    block_hash: str
    succeeded: bool
    logs: tuple[Log, ...] | None
    """None where the node left the logs out."""
    transaction_index: int | None
    gas_used: int | None
    effective_gas_price_wei: int | None
    l1_fee_wei: int | None
    """What a rollup charges for the data on its parent chain, where it says so."""

    @property
    def fee_wei(self) -> int | None:
        """What the transaction cost in all; None where the receipt does not say."""
        if self.gas_used is None or self.effective_gas_price_wei is None:
            return None
        return self.gas_used * self.effective_gas_price_wei + (self.l1_fee_wei or 0)

    @property
    def block_time(self) -> datetime | None:
        """The time of the block, where the node writes it into the logs."""
        seconds = (_optional(log, "blockTimestamp", MAX_SECONDS) for log in self.logs or ())
        found = next((one for one in seconds if one is not None), None)
        return None if found is None else datetime.fromtimestamp(found, UTC)


def place(receipt: Any, tx_hash: str) -> Json | None:
    """Return a receipt with block number and hash in their usual form.

    None when there is none for this hash, or the transaction is in no block yet; UnreadableReceipt
    when it does not say in which block it is.
    """
    if not isinstance(receipt, dict):
        return None
    named = receipt.get("transactionHash")
    if isinstance(named, str) and named.lower() != tx_hash.lower():
        return None
    number, block_hash = receipt.get("blockNumber"), receipt.get("blockHash")
    if number is None and block_hash in (None, NO_HASH):
        return None
    with_place = {
        "blockNumber": to_quantity(_required(receipt, "blockNumber", _parse_number)),
        "blockHash": _required(receipt, "blockHash", _parse_hash),
    }
    return receipt | with_place


def read_receipt(receipt: Json) -> MinedReceipt:
    """Return the receipt in numbers; UnreadableReceipt when it leaves open what happened."""
    status = _required(receipt, "status", parse_quantity)
    if status not in STATUSES:
        raise UnreadableReceipt(f"status: {status} is neither 0 nor 1")
    return MinedReceipt(
        block_number=_required(receipt, "blockNumber", _parse_number),
        block_hash=_required(receipt, "blockHash", _parse_hash),
        succeeded=STATUSES[status],
        logs=read_logs(receipt.get("logs")),
        transaction_index=_optional(receipt, "transactionIndex", MAX_INDEX),
        gas_used=_optional(receipt, "gasUsed", MAX_NUMBER),
        effective_gas_price_wei=_optional(receipt, "effectiveGasPrice", MAX_WEI),
        l1_fee_wei=_optional(receipt, "l1Fee", MAX_WEI),
    )


def read_logs(logs: Any) -> tuple[Log, ...] | None:
    """Return logs in one form, or None where there is no list; UnreadableReceipt for nonsense."""
    if not isinstance(logs, list):
        return None
    return tuple(map(_read_log, logs))


def log_index(log: Log) -> int | None:
    """Return the log's place in its block, or None where the node does not say."""
    return _optional(log, "logIndex", MAX_INDEX)


def _read_log(log: Any) -> Log:
    try:
        address = parse_data(log["address"])
        topics = [parse_data(topic) for topic in log["topics"]]
        data = to_data(parse_data(log["data"]))
    except (TypeError, KeyError, ValueError) as error:
        raise UnreadableReceipt(f"logs: {type(error).__name__}: {error}") from None
    if len(address) != ADDRESS_BYTES or any(len(topic) != HASH_BYTES for topic in topics):
        raise UnreadableReceipt("logs: an address or a topic has another length")
    in_one_form = {
        "address": to_checksum_address(to_data(address)),
        "topics": list(map(to_data, topics)),
        "data": data,
    }
    return dict(log) | in_one_form


def _required[T](receipt: Json, name: str, parse: Callable[[object], T]) -> T:
    try:
        return parse(receipt.get(name))
    except ValueError as error:
        raise UnreadableReceipt(f"{name}: {error}") from None


def _optional(document: Json, name: str, most: int) -> int | None:
    """Return a number that serves bookkeeping only, or None where it is absent or nonsense."""
    try:
        number = parse_quantity(document.get(name))
    except ValueError:
        return None
    return number if number <= most else None


def _parse_number(value: object) -> int:
    number = parse_quantity(value)
    if number > MAX_NUMBER:
        raise ValueError("is too high")
    return number


def _parse_hash(value: object) -> str:
    parsed = parse_data(value)
    if len(parsed) != HASH_BYTES or not any(parsed):
        raise ValueError("must be a hash of 32 bytes")
    return to_data(parsed)
