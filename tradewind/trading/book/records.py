"""Rows of the book's tables."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple, Self

_INTEGERS: Final = (
    "amount",
    "claim_amount",
    "used_amount",
    "received_amount",
    "released_amount",
)


class Status(StrEnum):
    """What became of what an intent claims."""

    CLAIMED = "claimed"
    """It may be spent: only what the ledger has recorded ends it."""
    USED = "used"
    RELEASED = "released"
    EXPIRED = "expired"
    REJECTED = "rejected"


class PortfolioRow(NamedTuple):
    """A portfolio."""

    portfolio_id: str
    version: int
    day: date
    day_notional_usd: Decimal
    epoch: int
    last_sequence: int
    opened_at: datetime | None
    changed_seq: int
    told_seq: int


def no_portfolio(portfolio_id: str) -> PortfolioRow:
    """Return what is known of a portfolio without a row."""
    return PortfolioRow(portfolio_id, 0, date.min, Decimal(0), 0, 0, None, 0, 0)


class Allocation(NamedTuple):
    """A decision about an intent, what it claims of its portfolio, and what became of that.

    Its values are in the order of the table's columns.
    """

    intent_id: str
    portfolio_id: str
    strategy_id: str
    instrument: str
    side: str
    base_token: str
    amount: int
    """Base units of the base token, which an `acquire` buys and a `dispose` sells."""
    status: Status
    is_approval: bool
    decision: bytes | None
    """The bytes of the events as they are published; None where they are in the ledger."""
    incarnation: str
    book_version: int
    day: date
    decided_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    notional_usd: Decimal
    budget_usd: Decimal
    """What it takes of the day's budget."""
    claim_token: str
    claim_amount: int | None
    """The most that may be spent, in base units; None where nothing bounds it."""
    claim_usd: Decimal
    used_amount: int = 0
    received_amount: int = 0
    released_amount: int | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return what a row of the table says."""
        integers = {name: None if row[name] is None else int(row[name]) for name in _INTEGERS}
        return cls(**dict(row) | integers | {"status": Status(row["status"])})


class Observed(NamedTuple):
    """Which database answers, and how far the ledger and the book go in it."""

    server: str
    """The database's own name and the start of its server: a restored one has another."""
    incarnation: str
    commits: int
    last_global_seq: int
    stream_created: str
    stream_sequence: int
    """How far into which stream the ledger has its events."""
    settled: int
    """The `global_seq` up to which the book follows the ledger."""
    token: str = ""
    """What decisions carry that are kept in this life of the database."""
    is_noted: bool = True
    """Whether the ledger's writer knows of this life: what others decided before it did is either
    recorded by then, or never."""
