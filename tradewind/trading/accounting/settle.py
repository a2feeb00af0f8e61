"""Books recorded events into the accounts, in a transaction of the caller."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.portfolio.payloads import EventReference
from tradewind.postgres import Connection
from tradewind.trading.accounting.keys import PairKey, TokenKey


class Recorded(Protocol):
    """An event of the ledger, with its place there."""

    @property
    def event(self) -> AnyEvent: ...
    @property
    def global_seq(self) -> int: ...


class Change(NamedTuple):
    """What a page of events changed in one portfolio."""

    portfolio_id: str
    as_of: int
    at: datetime
    """The time of the last of these events."""
    cause: EventReference
    pairs: frozenset[PairKey]
    tokens: frozenset[TokenKey]


async def book_events(connection: Connection, page: Sequence[Recorded]) -> Mapping[str, Change]:
    """Book what a page of the ledger says, and return what it changed, by portfolio.

    Events that are booked already change nothing, and the order of delivery changes nothing. The
    caller has locked the portfolios concerned.
    """
    del connection, page
    return {}
