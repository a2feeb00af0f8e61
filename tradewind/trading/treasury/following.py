"""Takes over from the ledger what was booked in a database that was restored to before that.

Bookings, report and event are one transaction, so a report that the ledger has and the books do not
was made in a life of the database that is over. Found anew, its bookings would have other amounts
and ids: what left no transaction is told apart by the pass that found it, and by nothing else.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import structlog

from tradewind.contracts.ids import parse_correlation_id
from tradewind.contracts.wallets.causes import Consequence
from tradewind.contracts.wallets.payloads import WalletReconciled, WalletResumed
from tradewind.contracts.wallets.report import DriftPart, ReconciliationReport
from tradewind.postgres import Connection, Pool, outage_is_transient
from tradewind.queries import load_queries
from tradewind.trading.ledger_page import LedgerEvent
from tradewind.trading.treasury.adjustments import ADJUSTMENT, adjustment_booking
from tradewind.trading.treasury.records import NATIVE, TREASURY, booking_id

_QUERIES: Final = load_queries("tradewind.trading.treasury")
_IS_FOLLOWED = _QUERIES["is_followed"]
_PLACE = _QUERIES["lock_followed"]
_TOLD = _QUERIES["select_told"]
_MOVE = _QUERIES["move_followed"]
_KEEP_REPORT = _QUERIES["keep_report"]
_FOLLOW = _QUERIES["follow_booking"]

TOPICS: Final = (WalletReconciled.topic, WalletResumed.topic)
MAX_EVENTS: Final = 100

type ReadEvent = Callable[[Mapping[str, Any]], LedgerEvent]
"""Reads a row of the ledger; it raises when the event is not what was recorded."""

logger = structlog.get_logger("treasury")


class Booking(NamedTuple):
    """What the ledger says was booked."""

    booking_id: str
    wallet_id: str
    token: str
    currency: str
    decimals: int
    amount: int
    cause: str
    tx_hash: str | None
    evidence: str
    booked_by: str
    booked_at: datetime


def bookings_of(report: ReconciliationReport) -> Iterator[Booking]:
    """Return what a pass booked, under the ids it was booked under."""
    blocks = {one.wallet_id: one.block_hash or "" for one in report.wallets}
    for record in report.records:
        token = record.token or NATIVE
        for part in record.parts:
            if part.consequence is Consequence.BOOKED:
                name = booking_id(record.wallet_id, token, part, blocks.get(record.wallet_id, ""))
                yield Booking(
                    *(name, record.wallet_id, token, record.currency, record.decimals),
                    *_what(part),
                    TREASURY,
                    report.timestamp,
                )


def _what(part: DriftPart) -> tuple[int, str, str | None, str]:
    return part.amount, part.cause.value, part.tx_hash, part.evidence


def adjustments_of(resumed: WalletResumed, adjustment_id: str, at: datetime) -> Iterator[Booking]:
    """Return what an operator answered for, under the ids it was booked under."""
    for number, one in enumerate(resumed.adjustments):
        yield Booking(
            adjustment_booking(adjustment_id, number),
            resumed.wallet_id,
            one.token or NATIVE,
            one.currency,
            0,
            one.amount,
            ADJUSTMENT,
            one.tx_hash,
            resumed.note,
            resumed.resumed_by,
            at,
        )


class Following:
    """Follows the ledger's events about bookings. Its method raises DatabaseUnavailable."""

    def __init__(self, pool: Pool, read_event: ReadEvent) -> None:
        self._pool = pool
        self._read_event = read_event

    async def follow(self) -> bool:
        """Take over the next of them; return whether there may be more.

        The ledger has to be complete: what is not recorded again yet would be found anew.
        """
        with outage_is_transient():
            async with self._pool.acquire() as connection:
                if await connection.fetchval(_IS_FOLLOWED):
                    return False
                async with connection.transaction():
                    return await self._follow(connection)

    async def _follow(self, connection: Connection) -> bool:
        place, end = await connection.fetchrow(_PLACE)
        rows = await connection.fetch(_TOLD, place, end, list(TOPICS), MAX_EVENTS)
        for row in rows:
            await _take_over(connection, self._read_event(row))
        is_full = len(rows) == MAX_EVENTS
        await connection.execute(_MOVE, rows[-1]["global_seq"] if is_full else end)
        return is_full


async def _take_over(connection: Connection, recorded: LedgerEvent) -> None:
    event = recorded.event
    if isinstance(event.payload, WalletResumed):
        _, adjustment_id = parse_correlation_id(event.correlation_id)
        bookings = adjustments_of(event.payload, adjustment_id, event.timestamp)
    else:
        report = event.payload.report
        kept = (report.id, report.threshold, event.event_id, recorded.body)
        if await connection.fetchval(_KEEP_REPORT, *kept) is None:
            return  # this database has made it, and what it booked with it
        bookings = bookings_of(report)
    for one in bookings:
        if await connection.fetchval(_FOLLOW, *one) is not None:
            logger.warning("booked as the ledger says", booking=one.booking_id, cause=one.cause)
