"""What a decision about an intent rests on, read in one statement, and so all of one moment.

That of several intents is read in one round trip, in which the statement is run for each.

Whoever waits for the lock of the portfolio has it before that: only a statement of its own sees
what the holder of the lock before has committed.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.postgres import Connection
from tradewind.trading.accounting.accounts import Accounts
from tradewind.trading.accounting.store import accounts_of
from tradewind.trading.book.assembly import Claimed
from tradewind.trading.book.queries import QUERIES
from tradewind.trading.book.records import Observed, PortfolioRow
from tradewind.trading.book.trading_state import Concern, concerns_of
from tradewind.trading.halts.records import KeptState
from tradewind.trading.halts.scopes import StateInForce
from tradewind.trading.halts.store import columns_of
from tradewind.trading.policy.store import Application
from tradewind.trading.venue_settings import VenueChoice

NO_INTENT: Final = ""

_SITUATION: Final = QUERIES["select_situation"]
_GROUNDS: Final = QUERIES["select_grounds"]


class Situation(NamedTuple):
    """The database, and what is known about one intent in it."""

    observed: Observed
    is_decided: bool
    decision: bytes | None
    is_recorded: bool
    """Whether the ledger has something else than the screening, or what follows it."""

    @classmethod
    def of(cls, values: Sequence[Any]) -> "Situation":
        """Return what a row of the statement says."""
        *observed, is_decided, decision, is_recorded = values
        return cls(Observed(*observed), is_decided, decision, is_recorded)


_OF_SITUATION: Final = len(Observed._fields) + len(Situation._fields) - 1


class Grounds(NamedTuple):
    """What else a decision rests on, as it was read.

    It is made out only where somebody decides: a decision that stands needs nothing of it.
    """

    settled: int
    """The `global_seq` up to which the book follows the ledger."""
    portfolio_id: str
    without: str
    """The intent whose claim was left out."""
    concern: Concern
    kept_policy: Sequence[Any] | None
    kept_cancellation: Sequence[Any] | None
    kept_accounts: str | None
    kept_claims: Sequence[Sequence[Any]]
    kept_incoming: Sequence[tuple[str, Decimal]]
    same_at: datetime | None
    """When the last intent of this pair, side and amount was approved."""
    kept_states: Sequence[Sequence[Any]]
    kept_portfolio: Sequence[Any] | None

    @property
    def portfolio(self) -> PortfolioRow | None:
        """The portfolio's row; None before its first intent."""
        return None if self.kept_portfolio is None else PortfolioRow(*self.kept_portfolio)

    @property
    def policy(self) -> Application | None:
        """Which policy is in force; None while none was ever applied."""
        return None if self.kept_policy is None else Application(*self.kept_policy)

    @property
    def cancellation(self) -> Cancellation | None:
        """The request to cancel the intent, or None while there is none."""
        return None if self.kept_cancellation is None else Cancellation(*self.kept_cancellation)

    @property
    def accounts(self) -> Accounts:
        """The accounts of the portfolio as they were last settled."""
        return accounts_of(self.portfolio_id, self.kept_accounts)

    @property
    def claims(self) -> list[Claimed]:
        """What open claims may still spend, by token."""
        return [Claimed(*one) for one in self.kept_claims]

    @property
    def incoming(self) -> dict[str, Decimal]:
        """What open claims may still bring, in base units by token."""
        return dict(self.kept_incoming)

    @property
    def state(self) -> StateInForce:
        """The worst trading state of what concerns the intent."""
        return self.concern.worst([KeptState.of(one) for one in self.kept_states])


async def read_situation(connection: Connection, event: AnyEvent, intent_id: str) -> Situation:
    """Return the situation of an intent after its event."""
    row = await connection.fetchrow(_SITUATION, intent_id, *place_of(event))
    return Situation.of(tuple(row))


class Asked(NamedTuple):
    """An intent whose grounds are read, and the event it is to be decided after."""

    event: AnyEvent
    screened: RiskScreened
    without: str = NO_INTENT
    """The intent without whose claim the book is read."""


async def read_grounds(
    connection: Connection, asked: Sequence[Asked], venues: VenueChoice
) -> list[tuple[Situation, Grounds]]:
    """Return the situations of intents after their events, and what their decisions rest on."""
    places = [(one.screened.intent, one.event.key.portfolio) for one in asked]
    concerns = await concerns_of(connection, places, venues)
    arguments = list(map(_arguments, asked, concerns))
    rows = await connection.fetchmany(_GROUNDS, arguments)
    return [
        _found(one, concern, tuple(row))
        for one, concern, row in zip(asked, concerns, rows, strict=True)
    ]


def _arguments(asked: Asked, concern: Concern) -> tuple[Any, ...]:
    event, screened, without = asked
    intent = screened.intent
    return (
        *(screened.intent_id, *place_of(event), event.key.portfolio, without),
        *(intent.instrument, intent.intent_type, intent.amount_base_units),
        *columns_of(concern.scopes),
    )


def _found(asked: Asked, concern: Concern, values: Sequence[Any]) -> tuple[Situation, Grounds]:
    situation, kept = Situation.of(values[:_OF_SITUATION]), values[_OF_SITUATION:]
    portfolio_id, settled = asked.event.key.portfolio, situation.observed.settled
    return situation, Grounds(settled, portfolio_id, asked.without, concern, *kept)


def place_of(event: AnyEvent) -> tuple[str, int, str]:
    """Return where an event stands in its history, and which it is, as statements take it."""
    return event.correlation_id, event.sequence, event.event_id
