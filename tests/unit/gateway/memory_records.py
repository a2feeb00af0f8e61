"""What the gateway reads of the ledger beside documents, in memory."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from gateway.records import Records
from tests.unit.gateway.memory_ports import MemoryHistory
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.signals.payloads import SignalReceived
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.ledger.history.graph import CorrelationGraph
from tradewind.ledger.history.intent_counts import Counts, OpenCounts
from tradewind.ledger.history.intent_counts import Seen as SeenIntents
from tradewind.ledger.history.lookup import Named, Transaction
from tradewind.ledger.history.owners import Owner
from tradewind.ledger.history.search import MAX_GLOBAL_SEQ, EventFilter
from tradewind.ledger.history.trades import (
    REFUSALS,
    ReasonCount,
    ReasonCounts,
    Trade,
    TradeFilter,
    TradePage,
)
from tradewind.ledger.records import RecordedEvent
from tradewind.ledger.upkeep.backlogs import BacklogCounts, OpenHistories
from tradewind.ledger.upkeep.dead_letters import Action, DeadLetterRequest, ListedDeadLetter, State
from tradewind.ledger.upkeep.place import AFTER_ALL, BEFORE_ALL, Place
from tradewind.ledger.upkeep.set_aside import MAX_ID, ParkedEvent, QuarantinedMessage
from tradewind.ledger.upkeep.stalled import StalledHistory
from tradewind.ledger.upkeep.stalled_settings import StalledSettings
from tradewind.trading.portfolios.closing import Holdings, open_instruments
from tradewind.trading.portfolios.reader import Claimed, PositionPlace, Seen
from tradewind.trading.portfolios.views import (
    HeldPosition,
    PortfolioView,
)

RECORDED_AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LETTER_ID = "planner-workers-7"
NOTHING_COUNTED = Counts(
    (), False, OpenCounts(dict.fromkeys(IntentState, 0), 0, False), (), 0, {}, 0
)  # fmt: skip


class MemoryLedger:
    """Every list at once; an `error` is raised instead of any answer."""

    def __init__(self, history: MemoryHistory | None = None) -> None:
        self.history = history or MemoryHistory()
        self.events: list[AnyEvent] = []
        self.asked: list[EventFilter] = []
        self.asked_trades: list[TradeFilter] = []
        self.portfolios: list[PortfolioView] = []
        self.trader_of: dict[str, str] = {}
        self.claimed: dict[str, int] = {}
        self.allocations: list[Mapping[str, Any]] = []
        self.owner_of: dict[str, Owner] = {}
        self.graphs: dict[str, CorrelationGraph] = {}
        self.letters: list[ListedDeadLetter] = []
        self.requested: dict[tuple[str, Action], DeadLetterRequest] = {}
        self.parked_events: list[ParkedEvent] = []
        self.quarantine: list[QuarantinedMessage] = []
        self.stalled: list[StalledHistory] = []
        self.counts = NOTHING_COUNTED
        self.counted: list[tuple[Sequence[str], str, SeenIntents]] = []
        self.transactions: dict[str, Transaction] = {}
        self.error: Exception | None = None

    def records(self, settings: StalledSettings) -> Records:
        """Return it as a gateway has it."""
        lists, portfolios = _Lists(self), _Portfolios(self)
        return Records(
            _Events(self), _Trades(self), portfolios, portfolios, _Owners(self),
            _Graphs(self), lists, _Requests(self), lists, _Stalled(self), settings, _Backlogs(self),
            _Exporter(self), _Counts(self), _Lookup(self),
        )  # fmt: skip


class _Part:
    def __init__(self, ledger: MemoryLedger) -> None:
        self._all = ledger

    @property
    def _ledger(self) -> MemoryLedger:
        if self._all.error is not None:
            raise self._all.error
        return self._all


class _Backlogs(_Part):
    async def counts(self, stalled_after_seconds: float) -> BacklogCounts:
        ledger = self._ledger
        still_open = [one for one in ledger.letters if one.state == "open"]
        return BacklogCounts(
            len(ledger.parked_events), 1.5, len(ledger.quarantine), len(still_open),
            len(ledger.stalled),
        )  # fmt: skip

    async def open_dead_letters(self) -> dict[str, int]:
        return Counter(one.queue_group for one in self._ledger.letters if one.state == "open")

    async def open_histories(self) -> Sequence[OpenHistories]:
        opened = [one for one in self._ledger.events if isinstance(one.payload, IntentSubmitted)]
        return [OpenHistories(IntentSubmitted.topic, len(opened), RECORDED_AT)] if opened else []


class _Exporter(_Part):
    async def export(self, correlation_id: str) -> bytes | None:
        every = self._ledger.history.events
        history = [one for one in every if one.correlation_id == correlation_id]
        return b"".join(one.to_bytes() + b"\n" for one in history) or None


class _Counts(_Part):
    async def count(self, first_ids: Sequence[str], lowest: str, seen: SeenIntents) -> Counts:
        self._ledger.counted.append((first_ids, lowest, seen))
        return self._ledger.counts


class _Lookup(_Part):
    async def is_history(self, correlation_id: str) -> bool:
        return any(one.correlation_id == correlation_id for one in self._ledger.history.events)

    async def named(self, ulid: str) -> Named:
        events = self._ledger.history.events
        plans = (one for one in events if getattr(one.payload, "plan_id", None) == ulid)
        plan, event = next(plans, None), next((one for one in events if one.event_id == ulid), None)
        return Named(*(one.correlation_id if one else None for one in (plan, event)))

    async def transaction(self, tx_hash: str) -> Transaction | None:
        return self._ledger.transactions.get(tx_hash)

    async def strategies(self, portfolios: Sequence[str] | None = None) -> list[str]:
        every = self._ledger.history.events
        opened = (one.payload for one in every if _fits(one.key.portfolio, portfolios))
        intents = (one.intent for one in opened if isinstance(one, IntentSubmitted))
        return sorted({one.strategy_id for one in intents})


class _Events(_Part):
    async def page(
        self,
        wanted: EventFilter,
        cursor: int | None = None,
        limit: int = 50,
        *,
        newest_first: bool = True,
    ) -> Sequence[RecordedEvent]:
        self._ledger.asked.append(wanted)
        every = [
            RecordedEvent(event, place, RECORDED_AT, event.to_bytes())
            for place, event in enumerate(self._ledger.events, 1)
            if wanted.topics is None or event.topic in wanted.topics
        ]
        if newest_first:
            before = MAX_GLOBAL_SEQ if cursor is None else cursor
            return [one for one in reversed(every) if one.global_seq < before][:limit]
        return [one for one in every if one.global_seq > (cursor or 0)][:limit]


class _Trades(_Part):
    async def page(
        self, topics: Sequence[str], wanted: TradeFilter, before: int | None, limit: int
    ) -> TradePage:
        found = [
            one for one in self._fitting(topics, wanted) if one.recorded.global_seq < (before or 99)
        ]
        following = found[limit - 1].recorded.global_seq if len(found) > limit else None
        return TradePage(found[:limit], following)

    async def reasons(self, wanted: TradeFilter) -> ReasonCounts:
        reasons = Counter(
            getattr(one.recorded.event.payload, "reason", "EXPIRED")
            for one in self._fitting(REFUSALS, wanted)
        )
        example = self._ledger.events[0].correlation_id if reasons else ""
        counts = [ReasonCount(name, count, RECORDED_AT, example) for name, count in reasons.items()]
        return ReasonCounts(counts, False)

    def _fitting(self, topics: Sequence[str], wanted: TradeFilter) -> list[Trade]:
        self._ledger.asked_trades.append(wanted)
        intents = {
            one.correlation_id: one.payload.intent.model_dump(mode="json")
            for one in self._ledger.events
            if isinstance(one.payload, IntentSubmitted)
        }
        return [
            Trade(RecordedEvent(event, place, RECORDED_AT, event.to_bytes()), intent)
            for place, event in reversed([*enumerate(self._ledger.events, 1)])
            if event.topic in topics
            and (intent := intents[event.correlation_id])
            and _fits(intent["strategy_id"], wanted.strategies)
        ]


class _Portfolios(_Part):
    async def one(self, portfolio_id: str, seen: Seen) -> PortfolioView | None:
        return next((one for one in self._seen(seen) if one.portfolio_id == portfolio_id), None)

    async def page(self, after: str, limit: int, seen: Seen) -> Sequence[PortfolioView]:
        return [one for one in self._seen(seen) if one.portfolio_id > after][:limit]

    async def positions(
        self,
        after: PositionPlace,
        limit: int,
        seen: Seen,
        portfolio_id: str | None = None,
        instrument: str | None = None,
        strategy_id: str | None = None,
    ) -> Sequence[tuple[PositionPlace, HeldPosition]]:
        traders = self._ledger.trader_of
        return [
            (
                (view.portfolio_id, *pair),
                HeldPosition(
                    view.portfolio_id, position, view.marks, traders.get(view.portfolio_id)
                ),
            )
            for view in self._seen(seen)
            for pair, position in view.accounts.positions.items()
            if (view.portfolio_id, *pair) > after
            and portfolio_id in (None, view.portfolio_id)
            and strategy_id in (None, traders.get(view.portfolio_id))
        ][:limit]

    async def holdings(self, portfolio_id: str, seen: Seen) -> Holdings | None:
        view = await self.one(portfolio_id, seen)
        if view is None:
            return None
        traders = dict.fromkeys(
            open_instruments(view.accounts), self._ledger.trader_of.get(portfolio_id, portfolio_id)
        )
        return Holdings(view.accounts, view.version, self._ledger.claimed, traders)

    async def allocations(
        self, portfolio_ids: Sequence[str], day: date, limit: int, strategy_id: str | None = None
    ) -> Sequence[Mapping[str, Any]]:
        return [
            one
            for one in self._ledger.allocations
            if one["portfolio_id"] in portfolio_ids and strategy_id in (None, one["strategy_id"])
        ]

    async def claims(
        self, portfolio_ids: Sequence[str], day: date, strategy_id: str | None = None
    ) -> Claimed:
        rows = await self.allocations(portfolio_ids, day, 0, strategy_id)
        claimed = [one for one in rows if one["status"] == "claimed"]
        ended = [one for one in rows if one["status"] != "claimed"]
        return Claimed(
            sum((one["notional_usd"] for one in claimed), Decimal(0)),
            sum((one["budget_usd"] for one in ended), Decimal(0)),
            sum((one["notional_usd"] - one["budget_usd"] for one in ended), Decimal(0)),
        )

    def _seen(self, seen: Seen) -> list[PortfolioView]:
        traders = self._ledger.trader_of
        return [
            one
            for one in self._ledger.portfolios
            if _fits(one.portfolio_id, seen.portfolios)
            and _fits(traders.get(one.portfolio_id, one.portfolio_id), seen.strategies)
        ]


def _fits(name: str, patterns: Sequence[str] | None) -> bool:
    if patterns is None:
        return True
    globs = [one.replace("_", "?").replace("%", "*") for one in patterns]
    return any(fnmatchcase(name, one) for one in globs)


class _Owners(_Part):
    async def of(self, correlation_ids: Collection[str]) -> dict[str, Owner]:
        owners = {
            one.correlation_id: Owner(
                one.payload.intent.strategy_id
                if isinstance(one.payload, IntentSubmitted)
                else one.payload.terms.strategy_id,
                one.key.portfolio,
            )
            for one in self._ledger.history.events
            if isinstance(one.payload, IntentSubmitted | SignalReceived)
        } | self._ledger.owner_of
        return {name: owners[name] for name in correlation_ids if name in owners}


class _Graphs(_Part):
    async def graph(self, correlation_id: str) -> CorrelationGraph | None:
        return self._ledger.graphs.get(correlation_id)


class _Lists(_Part):
    async def page(
        self, state: State | None = None, limit: int = 50, before: Place = AFTER_ALL
    ) -> list[ListedDeadLetter]:
        letters = [one._replace(body=None) for one in self._ledger.letters if one.place < before]
        return [one for one in letters if state in (None, one.state)][:limit]

    async def one(self, dead_letter_id: str) -> ListedDeadLetter | None:
        return next(
            (one for one in self._ledger.letters if one.dead_letter_id == dead_letter_id), None
        )

    async def parked(self, limit: int = 50, after: Place = BEFORE_ALL) -> list[ParkedEvent]:
        return [one for one in self._ledger.parked_events if one.place > after][:limit]

    async def quarantined(
        self,
        reason: QuarantineReason | None = None,
        message_id: int | None = None,
        limit: int = 50,
        before: int = MAX_ID,
    ) -> list[QuarantinedMessage]:
        return [
            one
            for one in self._ledger.quarantine
            if reason in (None, one.reason) and message_id in (None, one.id) and one.id < before
        ][:limit]


class _Requests(_Part):
    async def keep(self, dead_letter_id: str, action: Action, note: str, requested_by: str) -> bool:
        key = dead_letter_id, action
        if key in self._ledger.requested:
            return False
        self._ledger.requested[key] = DeadLetterRequest(
            action, note, requested_by, RECORDED_AT, None
        )
        return True

    async def of(self, dead_letter_id: str) -> list[DeadLetterRequest]:
        return [
            request
            for (name, _), request in self._ledger.requested.items()
            if name == dead_letter_id
        ]


class _Stalled(_Part):
    async def all(
        self, stalled_after_seconds: float, limit: int = 50, after: Place = BEFORE_ALL
    ) -> list[StalledHistory]:
        longer = timedelta(seconds=stalled_after_seconds)
        return [one for one in self._ledger.stalled if one.standing > longer and one.place > after][
            :limit
        ]

    async def holders(self, correlation_ids: Sequence[str]) -> dict[str, str]:
        return dict.fromkeys(self._ledger.owner_of.keys() & set(correlation_ids), "planner")


def dead_letter(
    number: int = 7,
    state: State = "open",
    *,
    subject: str = "intent.accepted.a.b",
    correlation_id: str | None = None,
    body: bytes = b"{}",
) -> ListedDeadLetter:
    """Return a dead letter of the planner; a higher number, an older letter."""
    return ListedDeadLetter(
        f"planner-workers-{number}", state, "", RECORDED_AT - timedelta(seconds=number),
        RECORDED_AT, "planner.workers", subject, number, "TIME_LIMIT", "late", 6, len(body),
        correlation_id, body,
    )  # fmt: skip
