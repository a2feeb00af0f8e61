"""Books recorded events into the accounts, in a transaction of the caller.

Fills and entries are sets: what is there already is not added again, and the accounts are the fold
over the sorted set. So neither repetition nor order of delivery changes anything.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from tradewind.contracts.portfolio.payloads import EventReference
from tradewind.failpoints import failpoint
from tradewind.postgres import Connection
from tradewind.trading.accounting.accounts import Accounts
from tradewind.trading.accounting.bookings import UNALLOCATED, booking_of
from tradewind.trading.accounting.keys import PairKey, TokenKey
from tradewind.trading.accounting.ledger_rates import with_rates
from tradewind.trading.accounting.record import record
from tradewind.trading.accounting.refold import Refolded, refold
from tradewind.trading.accounting.wallet_bookings import (
    NO_TOKENS,
    WalletTokens,
    wallet_booking_of,
)
from tradewind.trading.ledger_page import LedgerEvent, LedgerPage

RECORDED: Final = "accounting.recorded"
REFOLDED: Final = "accounting.refolded"
FAILPOINTS: Final = (RECORDED, REFOLDED)


class Change(NamedTuple):
    """What a page of events changed in one portfolio."""

    portfolio_id: str
    as_of: int
    at: datetime
    """The time of the last of these events."""
    cause: EventReference
    pairs: frozenset[PairKey]
    tokens: frozenset[TokenKey]
    accounts: Accounts
    """As they are with these events."""


async def book_events(
    connection: Connection, page: LedgerPage, tokens: WalletTokens = NO_TOKENS
) -> Mapping[str, Change]:
    """Book what a page of the ledger says, and return what it changed, by portfolio.

    Events that are booked already change nothing, and the order of delivery changes nothing. The
    caller has the turn to settle, and moves the versions of the portfolios concerned before it
    commits. Of what wallets hold, it books the `tokens`.
    """
    last: dict[str, LedgerEvent] = {}
    bookings = []
    for recorded in page:
        event, place = recorded.event, recorded.global_seq
        booking = booking_of(event, place) or wallet_booking_of(event, place, tokens)
        if booking is not None:
            bookings.append(booking)
            last[booking.portfolio_id] = recorded
    if not bookings:
        return {}
    places = await record(connection, await with_rates(connection, bookings))
    failpoint(RECORDED)
    refolded = await refold(connection, dict(sorted(places.items()))) if places else []
    failpoint(REFOLDED)
    return {
        one.after.portfolio_id: _change(one, last.get(one.after.portfolio_id, page[-1]))
        for one in refolded
        if one.after.portfolio_id != UNALLOCATED
    }


def _change(refolded: Refolded, last: LedgerEvent) -> Change:
    event = last.event
    return Change(
        refolded.after.portfolio_id,
        last.global_seq,
        event.timestamp,
        EventReference(correlation_id=event.correlation_id, event_id=event.event_id),
        refolded.changed_pairs,
        refolded.changed_tokens,
        refolded.after,
    )
