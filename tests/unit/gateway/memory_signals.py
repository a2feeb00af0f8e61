"""Sources and hooks in memory, and signals to send."""

from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple

from tests.unit.gateway.memory_approvals import page_of_waits
from tradewind.keys.hooks import Hook, digest_of
from tradewind.trading.approvals.errors import ApprovalDecided, ApprovalNotAwaited
from tradewind.trading.approvals.journal import WaitFilter
from tradewind.trading.evaluations.telemetry import (
    Budget,
    CallFilter,
    CallSummary,
    ModelCall,
    RawAnswer,
)
from tradewind.trading.signal_approvals.journal import SignalAnswered
from tradewind.trading.signal_approvals.records import (
    SignalAnswering,
    SignalWait,
    answer_event,
    answer_of,
)
from tradewind.trading.signal_outcomes.scores import Score
from tradewind.trading.signal_outcomes.shown import ShownMark

TOKEN: Final = "ab" * 32
SIGNAL: Final[dict[str, Any]] = {
    "event_type": "OPEN_SIGNAL",
    "symbol": "ETH",
    "signal_direction": "long",
    "entry_price": "2000.5",
    "size": "0.5",
    "ts_utc": "2026-11-20T11:59:58.000Z",
    "source": "trend",
}


class MemorySource(NamedTuple):
    """A registered source."""

    strategy_id: str


class MemorySources:
    """Two sources, each of a strategy of its own."""

    def __init__(self) -> None:
        self.known = {"trend": MemorySource("alpha"), "chart": MemorySource("beta")}

    def source(self, name: str) -> MemorySource | None:
        return self.known.get(name)


class MemoryHooks:
    """One hook of the source `chart`; an `error` is raised instead."""

    def __init__(self) -> None:
        at = datetime(2026, 11, 1, tzinfo=UTC)
        hook = Hook("a" * 16, "chart-alerts", "chart", at, "desk")
        self.by_token = {digest_of(TOKEN): hook}
        self.error: Exception | None = None

    async def by_digest(self, digest: bytes) -> Hook | None:
        if self.error is not None:
            raise self.error
        return self.by_token.get(digest)


class MemorySignalApprovals:
    """Keeps the first answer to each signal that waits; an `error` is raised instead."""

    def __init__(self) -> None:
        self.waits: dict[str, SignalWait] = {}
        self.answers: dict[str, SignalAnswered] = {}
        self.error: Exception | None = None

    async def answer(
        self, answering: SignalAnswering, producer: str, at: datetime
    ) -> SignalAnswered:
        if self.error is not None:
            raise self.error
        wait = self.waits.get(answering.signal_id)
        if wait is None:
            raise ApprovalNotAwaited(f"{answering.signal_id} waits for no approval")
        kept = self.answers.get(wait.signal_id)
        if kept is not None and not answering.is_that_of(kept.answer):
            raise ApprovalDecided(kept.answer)
        if kept is not None:
            return kept._replace(event=None)
        event = answer_event(wait, answering, producer, at)
        self.answers[wait.signal_id] = SignalAnswered(answer_of(event), event)
        return self.answers[wait.signal_id]

    async def waiting(self, before: str | None, limit: int, seen: WaitFilter) -> list[SignalWait]:
        if self.error is not None:
            raise self.error
        waits = {name: one for name, one in self.waits.items() if name not in self.answers}
        return page_of_waits(waits, before, limit, seen)


class MemoryTelemetry:
    """Calls, summaries and raw answers in lists."""

    def __init__(self) -> None:
        self.made: list[ModelCall] = []
        self.summaries: list[CallSummary] = []
        self.raw: dict[tuple[str, str], RawAnswer] = {}
        self.shown_marks: dict[str, list[ShownMark]] = {}

    async def calls(
        self, before: tuple[datetime, str], limit: int, wanted: CallFilter
    ) -> list[ModelCall]:
        fitting = [
            one
            for one in self.made
            if (one.claimed_at, one.name) < before
            and wanted.model in (None, one.model)
            and wanted.status in (None, one.status)
        ]
        fitting.sort(key=lambda one: (one.claimed_at, one.name), reverse=True)
        return fitting[:limit]

    async def summary(self, since: datetime, model: str | None = None) -> list[CallSummary]:
        return [
            one for one in self.summaries if one.last_at >= since and model in (None, one.model)
        ]

    async def budgets(self, day: date) -> list[Budget]:
        return []

    async def scores(self) -> list[Score]:
        return []

    async def marks(self, signal_id: str) -> list[ShownMark]:
        return self.shown_marks.get(signal_id, [])

    async def raw_answer(self, signal_id: str, model: str) -> RawAnswer | None:
        return self.raw.get((signal_id, model))
