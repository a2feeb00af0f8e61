"""What the book is given by whoever runs it."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.risk.limits import PortfolioInputs
from tradewind.postgres import Connection
from tradewind.trading.accounting.keys import TokenKey


class PriceOf(Protocol):
    """US dollars per whole token from memory, or None where nothing believable is known."""

    def __call__(self, token: Asset) -> Decimal | None: ...


class Judge(Protocol):
    """Decides about an intent, purely, on what the book says and at a time."""

    def __call__(self, inputs: PortfolioInputs, now: datetime) -> Sequence[AnyEvent]: ...


class Recorded(Protocol):
    """An event of the ledger; the ledger's own record is one."""

    @property
    def event(self) -> AnyEvent: ...
    @property
    def global_seq(self) -> int: ...
    @property
    def body(self) -> bytes: ...


type ReadEvent = Callable[[Mapping[str, Any]], Recorded]
"""Reads a row of the ledger; it raises when the event is not what was recorded."""

type FindLegal = Callable[[Sequence[AnyEvent]], Collection[str]]
"""Returns the ids of those events of a history, in order, that its lifecycle allows."""


class State(NamedTuple):
    """The worst trading state of what concerns an intent."""

    state: str = "active"
    scope: str = ""
    reason: str = ""

    @property
    def is_active(self) -> bool:
        return self.state == "active"


type FindState = Callable[[Connection, Intent, str], Awaitable[State]]


async def always_active(_: Connection, __: Intent, ___: str) -> State:
    """Find nothing that is halted."""
    return State()


async def _apply_nothing(_: Connection, __: Sequence[Recorded]) -> None: ...


@dataclass(frozen=True, slots=True)
class Follower:
    """Somebody else who follows the ledger in the book's transaction, in tables of their own.

    Applying a page again changes nothing.
    """

    topics: frozenset[str] = field(default_factory=frozenset)
    apply: Callable[[Connection, Sequence[Recorded]], Awaitable[object]] = _apply_nothing


class Market(NamedTuple):
    """What is known of tokens without asking anybody."""

    price_of: PriceOf
    pegged: Collection[TokenKey] = ()
    """The tokens that stand for a dollar."""
