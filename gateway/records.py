"""Lists what routes read of the ledger beside documents: events, and what was set aside."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.ledger.history.graph import CorrelationGraph
from tradewind.ledger.history.intent_counts import Counts
from tradewind.ledger.history.intent_counts import Seen as SeenIntents
from tradewind.ledger.history.lookup import Named, Transaction
from tradewind.ledger.history.owners import Owner
from tradewind.ledger.history.search import EventFilter
from tradewind.ledger.history.trades import ReasonCounts, TradeFilter, TradePage
from tradewind.ledger.records import RecordedEvent
from tradewind.ledger.upkeep.backlogs import BacklogCounts, OpenHistories
from tradewind.ledger.upkeep.dead_letters import Action, DeadLetterRequest, ListedDeadLetter, State
from tradewind.ledger.upkeep.place import Place
from tradewind.ledger.upkeep.set_aside import ParkedEvent, QuarantinedMessage
from tradewind.ledger.upkeep.stalled import StalledHistory
from tradewind.ledger.upkeep.stalled_settings import StalledSettings
from tradewind.trading.portfolios.closing import Holdings
from tradewind.trading.portfolios.reader import Claimed, PositionPlace, Seen
from tradewind.trading.portfolios.views import HeldPosition, PortfolioView


class EventSearch(Protocol):
    """Finds recorded events, page by page."""

    async def page(
        self,
        wanted: EventFilter,
        cursor: int | None = None,
        limit: int = ...,
        *,
        newest_first: bool = True,
    ) -> Sequence[RecordedEvent]: ...


class Trades(Protocol):
    """Finds refusals and fills, and counts refusals by their reasons."""

    async def page(
        self, topics: Sequence[str], wanted: TradeFilter, before: int | None, limit: int
    ) -> TradePage: ...

    async def reasons(self, wanted: TradeFilter) -> ReasonCounts: ...


class Held(Protocol):
    """Tells what a portfolio holds, for what sells it."""

    async def holdings(self, portfolio_id: str, seen: Seen) -> Holdings | None: ...


class Allocations(Protocol):
    """Shows what was approved for portfolios on a day."""

    async def allocations(
        self, portfolio_ids: Sequence[str], day: date, limit: int, strategy_id: str | None = ...
    ) -> Sequence[Mapping[str, Any]]: ...

    async def claims(
        self, portfolio_ids: Sequence[str], day: date, strategy_id: str | None = ...
    ) -> Claimed: ...


class Portfolios(Held, Allocations, Protocol):
    """Shows portfolios to whoever sees them."""

    async def one(self, portfolio_id: str, seen: Seen) -> PortfolioView | None: ...

    async def page(self, after: str, limit: int, seen: Seen) -> Sequence[PortfolioView]: ...

    async def positions(
        self,
        after: PositionPlace,
        limit: int,
        seen: Seen,
        portfolio_id: str | None = ...,
        instrument: str | None = ...,
        strategy_id: str | None = ...,
    ) -> Sequence[tuple[PositionPlace, HeldPosition]]: ...


class Sellable(Protocol):
    """Says what portfolios can sell."""

    async def holdings(self, portfolio_id: str, seen: Seen) -> Holdings | None: ...


class Owners(Protocol):
    """Says whose histories are."""

    async def of(self, correlation_ids: Collection[str]) -> dict[str, Owner]: ...


class CorrelationGraphs(Protocol):
    """Follows what caused what."""

    async def graph(self, correlation_id: str) -> CorrelationGraph | None: ...


class DeadLetters(Protocol):
    """Lists dead letters."""

    async def page(
        self, state: State | None = None, limit: int = ..., before: Place = ...
    ) -> list[ListedDeadLetter]: ...

    async def one(self, dead_letter_id: str) -> ListedDeadLetter | None: ...


class DeadLetterRequests(Protocol):
    """Keeps what is to be done with dead letters."""

    async def keep(
        self, dead_letter_id: str, action: Action, note: str, requested_by: str
    ) -> bool: ...

    async def of(self, dead_letter_id: str) -> list[DeadLetterRequest]: ...


class SetAside(Protocol):
    """Lists parked events and quarantined messages."""

    async def parked(self, limit: int = ..., after: Place = ...) -> list[ParkedEvent]: ...

    async def quarantined(
        self,
        reason: QuarantineReason | None = None,
        message_id: int | None = None,
        limit: int = ...,
        before: int = ...,
    ) -> list[QuarantinedMessage]: ...


class StalledHistories(Protocol):
    """Lists histories without progress."""

    async def all(
        self, stalled_after_seconds: float, limit: int = ..., after: Place = ...
    ) -> list[StalledHistory]: ...

    async def holders(self, correlation_ids: Sequence[str]) -> dict[str, str]: ...


class IntentCounts(Protocol):
    """Counts what became of intents."""

    async def count(self, first_ids: Sequence[str], lowest: str, seen: SeenIntents) -> Counts: ...


class Lookup(Protocol):
    """Finds what ids and hashes are of."""

    async def is_history(self, correlation_id: str) -> bool: ...

    async def named(self, ulid: str) -> Named: ...

    async def transaction(self, tx_hash: str) -> Transaction | None: ...

    async def strategies(self, portfolios: Sequence[str] | None = None) -> list[str]: ...


class HistoryExporter(Protocol):
    """Writes histories as files."""

    async def export(self, correlation_id: str) -> bytes | None: ...


class Backlogs(Protocol):
    """Counts what waits in the ledger."""

    async def counts(self, stalled_after_seconds: float) -> BacklogCounts: ...

    async def open_dead_letters(self) -> dict[str, int]: ...

    async def open_histories(self) -> Sequence[OpenHistories]: ...


@dataclass(frozen=True)
class Records:
    """What one gateway process reads of the ledger, and what it keeps for operators."""

    events: EventSearch
    trades: Trades
    portfolios: Portfolios
    sellable: Sellable
    owners: Owners
    graphs: CorrelationGraphs
    dead_letters: DeadLetters
    requests: DeadLetterRequests
    set_aside: SetAside
    stalled: StalledHistories
    stalled_settings: StalledSettings
    backlogs: Backlogs
    exporter: HistoryExporter
    counts: IntentCounts
    lookup: Lookup
