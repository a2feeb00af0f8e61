"""Gives capital to a portfolio, takes it back, or corrects it: settlement books the event.

Several portfolios may share one wallet, so nobody but a person can say whose its tokens are.
"""

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, NamedTuple

import asyncpg

from tradewind.contracts.envelope import Event, first_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.instruments.assets import Asset, RegisteredToken
from tradewind.contracts.portfolio.payloads import PortfolioFunded
from tradewind.contracts.subjects import EventKey
from tradewind.postgres import Connection
from tradewind.trading.accounting.bookings import UNALLOCATED
from tradewind.trading.accounting.queries import QUERIES

ENTROPY_BYTES: Final = 10
_KEEP: Final = QUERIES["keep_funding"]
_HELD: Final = QUERIES["select_held"]


class Capital(NamedTuple):
    """What is given to a portfolio (`in`), or taken back (`out`)."""

    portfolio_id: str
    token: RegisteredToken
    amount: Decimal
    direction: Literal["in", "out"]
    price_usd: Decimal | None = None
    kind: Literal["allocation", "adjustment"] | None = None


def funding(
    capital: Capital,
    *,
    requested_by: str,
    note: str,
    reference: str,
    producer: str,
    at: datetime,
) -> Event[PortfolioFunded]:
    """Return the event that moves capital. The same reference of a portfolio is the same event.

    A token pegged to the dollar counts as one where no price is given. It raises ValidationError.
    """
    portfolio_id, token, amount, direction, price_usd, kind = capital
    if price_usd is None and token.usd_pegged:
        price_usd = Decimal(1)
    digest = hashlib.sha256(f"{portfolio_id}\n{reference}".encode()).digest()
    ulid = make_ulid(int.from_bytes(digest[-6:]), digest[:ENTROPY_BYTES])
    payload = PortfolioFunded(
        portfolio_id=portfolio_id,
        token=token.asset,
        amount=amount,
        price_usd=price_usd,
        direction=direction,
        kind=kind,
        requested_by=requested_by,
        note=note,
    )
    return first_event(
        payload,
        correlation_id=make_correlation_id(CorrelationKind.FUNDING, ulid),
        key=EventKey(portfolio=portfolio_id),
        producer=producer,
        at=at,
    )


async def read_unallocated(connection: Connection) -> list[tuple[Asset, int]]:
    """Return what wallets have for no portfolio, by token, in base units."""
    return [
        (
            Asset(
                symbol=row["symbol"],
                chain=row["chain"],
                address=row["token"],
                decimals=row["decimals"],
            ),
            int(row["amount"]),
        )
        for row in await connection.fetch(_HELD, UNALLOCATED)
    ]


async def keep_funding(connection: Connection, event: Event[PortfolioFunded]) -> bool:
    """Keep the event, which is published until the ledger has it; False when it was kept before."""
    body = event.to_bytes()
    digest = hashlib.sha256(body).digest()
    try:
        await connection.execute(
            _KEEP, event.event_id, event.correlation_id, event.subject, body, digest
        )
    except asyncpg.UniqueViolationError:
        return False
    return True
