"""Gives capital to a portfolio, takes it back, or corrects it: settlement books the event.

Several portfolios may share one wallet, so nobody but a person can say whose its tokens are.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import reduce
from typing import Final, Literal, NamedTuple

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.envelope import Event, first_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.instruments.assets import Asset, RegisteredToken
from tradewind.contracts.portfolio.payloads import PortfolioFunded
from tradewind.contracts.precision import EXACT
from tradewind.contracts.subjects import EventKey
from tradewind.errors import PermanentError
from tradewind.postgres import Connection
from tradewind.trading.accounting.bookings import UNALLOCATED
from tradewind.trading.accounting.queries import QUERIES

ENTROPY_BYTES: Final = 10
_FIND: Final = QUERIES["find_funding"]
_KEEP: Final = QUERIES["keep_funding"]
_HELD: Final = QUERIES["select_held"]
_LOCK: Final = QUERIES["lock_held"]
_AMOUNT: Final = QUERIES["select_amount"]
_FREE: Final = QUERIES["select_free"]
_UNBOOKED: Final = QUERIES["select_unbooked"]


class ReferenceUsed(PermanentError):
    """The reference names another payment of the portfolio. Use a new one for a new payment."""

    code = "REFERENCE_USED"


class TooLittleUnallocated(PermanentError):
    """Wallets do not have so much for no portfolio: `tradewind portfolio unallocated` lists it."""

    code = "TOO_LITTLE_UNALLOCATED"


class TooLittleHeld(PermanentError):
    """The portfolio cannot spare so much: `tradewind portfolio show` tells what it has."""

    code = "TOO_LITTLE_HELD"


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
    strategies: tuple[str, ...] = (),
) -> Event[PortfolioFunded]:
    """Return the event that moves capital. The same reference of a portfolio is the same event.

    `strategies` are those whose the portfolio is. A token pegged to the dollar counts as one where
    no price is given. It raises ValidationError.
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
        strategies=strategies,
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
    """Keep the event, which is published until the ledger has it; False when it was kept before.

    It raises ReferenceUsed when the reference stands for other capital: what was kept first counts,
    and whoever asks has to hear that this was not. It raises TooLittleUnallocated where more is
    allocated than nobody has, and TooLittleHeld where more is taken back than the portfolio has to
    spare; the transaction has to be rolled back then.
    """
    if not await _keep(connection, event):
        return False
    funded = event.payload
    if funded.kind == "adjustment":
        return True  # It puts right what the accounts say, whatever that is.
    if funded.direction == "out":
        await _check_held(connection, event)
    elif funded.kind == "allocation":
        await _check_unallocated(connection, event)
    return True


async def _check_unallocated(connection: Connection, event: Event[PortfolioFunded]) -> None:
    """Compare an allocation with what is left, which other allocations wait for meanwhile."""
    token = event.payload.token
    place = UNALLOCATED, token.chain, token.address
    await connection.execute(_LOCK, *place)
    # Another transaction may have committed while this one waited: only a later statement sees it.
    promised = _sum(
        one
        for one in await _unbooked(connection, event)
        if (one.kind, one.direction) == ("allocation", "in")
    )
    held = await connection.fetchval(_AMOUNT, *place)
    left = EXACT.subtract(from_base_units(int(held or 0), token.decimals), promised)
    if left < event.payload.amount:
        under_way = f", {promised:f} more are promised and not booked yet" if promised else ""
        raise TooLittleUnallocated(f"{left:f} {token.symbol} are unallocated{under_way}")


async def _check_held(connection: Connection, event: Event[PortfolioFunded]) -> None:
    """Compare what is taken back with what the portfolio has and its open intents do not need."""
    portfolio_id, token = event.payload.portfolio_id, event.payload.token
    place = portfolio_id, token.chain, token.address
    await connection.execute(_LOCK, *place)
    taken = _sum(
        one
        for one in await _unbooked(connection, event)
        if (one.portfolio_id, one.direction) == (portfolio_id, "out")
    )
    row = await connection.fetchrow(_FREE, *place)
    held, claimed = (from_base_units(int(units), token.decimals) for units in row)
    if EXACT.subtract(held, EXACT.add(claimed, taken)) < event.payload.amount:
        uses = [f"open intents may spend {claimed:f}"] if claimed else []
        uses += [f"{taken:f} are taken back and not booked yet"] if taken else []
        raise TooLittleHeld(", ".join((f"{portfolio_id} has {held:f} {token.symbol}", *uses)))


async def _unbooked(connection: Connection, event: Event[PortfolioFunded]) -> list[PortfolioFunded]:
    """Return what else moves capital in the token and is not booked yet.

    What adds to one of the two sides counts only once it is booked.
    """
    rows = await connection.fetch(_UNBOOKED, event.event_id, PortfolioFunded.topic)
    funded = (PortfolioFunded.model_validate_json(row["payload"]) for row in rows)
    return [one for one in funded if one.token == event.payload.token]


def _sum(payments: Iterable[PortfolioFunded]) -> Decimal:
    return reduce(EXACT.add, (one.amount for one in payments), Decimal(0))


async def _keep(connection: Connection, event: Event[PortfolioFunded]) -> bool:
    body = event.to_bytes()
    digest = hashlib.sha256(body).digest()
    # The ingress journal forgets what the ledger has had for a day, so the ledger is asked, too.
    kept = await connection.fetchrow(_FIND, event.event_id)
    if kept is None:
        row = event.event_id, event.correlation_id, event.subject, body, digest
        if await connection.fetchval(_KEEP, *row) is not None:
            return True
        kept = await connection.fetchrow(_FIND, event.event_id)
    if kept is not None and kept["payload"] is not None:
        _check_same(event.payload, PortfolioFunded.model_validate_json(kept["payload"]))
    return False


def _check_same(asked: PortfolioFunded, kept: PortfolioFunded) -> None:
    if _capital(asked) != _capital(kept):
        verb = "given" if kept.direction == "in" else "taken"
        price = "" if kept.price_usd is None else f" at {kept.price_usd:f} USD"
        raise ReferenceUsed(
            f"the reference is that of {kept.amount:f} {kept.token.symbol}{price}, {verb} before"
        )


def _capital(payload: PortfolioFunded) -> tuple[object, ...]:
    return payload.token, payload.amount, payload.direction, payload.price_usd, payload.kind
