"""Finds the dollar rates of fills: what the risk event of the same intent says of both tokens.

They are in the ledger, so accounts can be made again at any time without a history of prices.
"""

from collections.abc import Iterable
from decimal import Decimal

from tradewind.postgres import Connection
from tradewind.trading.accounting.bookings import NO_RATES, Booking, EntryKind, Rates
from tradewind.trading.accounting.queries import QUERIES
from tradewind.trading.tokens import NATIVE_SYMBOL

_RATES = QUERIES["select_rates"]


async def with_rates(connection: Connection, bookings: Iterable[Booking]) -> list[Booking]:
    """Return the bookings, fills and gas with the rates of their intents."""
    found = list(bookings)
    histories = sorted({one.correlation_id for one in found})
    rows = await connection.fetch(_RATES, histories)
    rates = {
        name: Rates(_rate(base), _rate(quote), event_id) for name, event_id, base, quote in rows
    }
    return [rated(one, rates.get(one.correlation_id, NO_RATES)) for one in found]


def rated(booking: Booking, rates: Rates) -> Booking:
    """Return a booking at the rates of its intent."""
    native_usd = _native_usd(booking.instrument, rates)
    entries = tuple(
        one._replace(price_usd=native_usd) if one.kind is EntryKind.GAS else one
        for one in booking.entries
    )
    fill = booking.fill
    return booking._replace(fill=fill and fill._replace(rates=rates), entries=entries)


def _native_usd(instrument: str, rates: Rates) -> Decimal | None:
    """Return the rate of the native token where the pair has the token that wraps it."""
    _, base, quote = f"{instrument}--".split("-")[:3]
    if base == NATIVE_SYMBOL:
        return rates.base_usd
    return rates.quote_usd if quote == NATIVE_SYMBOL else None


def _rate(written: str | None) -> Decimal | None:
    return None if written is None else Decimal(written)
