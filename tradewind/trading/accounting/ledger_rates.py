"""Finds the dollar rates of fills: what the risk event of the same intent says of both tokens.

They are in the ledger, so accounts can be made again at any time without a history of prices.
"""

from collections.abc import Iterable
from decimal import Decimal

from tradewind.postgres import Connection
from tradewind.trading.accounting.bookings import NO_RATES, Booking, Rates
from tradewind.trading.accounting.queries import QUERIES

_RATES = QUERIES["select_rates"]


async def with_rates(connection: Connection, bookings: Iterable[Booking]) -> list[Booking]:
    """Return the bookings, fills with the rates of their intents."""
    found = list(bookings)
    histories = {one.fill.correlation_id for one in found if one.fill is not None}
    if not histories:
        return found
    rows = await connection.fetch(_RATES, sorted(histories))
    rates = {
        name: Rates(_rate(base), _rate(quote), event_id) for name, event_id, base, quote in rows
    }
    return [_rated(one, rates) for one in found]


def _rated(booking: Booking, rates: dict[str, Rates]) -> Booking:
    if booking.fill is None:
        return booking
    found = rates.get(booking.fill.correlation_id, NO_RATES)
    return booking._replace(fill=booking.fill._replace(rates=found))


def _rate(written: str | None) -> Decimal | None:
    return None if written is None else Decimal(written)
