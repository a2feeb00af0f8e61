"""What routes ask about signals."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

from gateway.commands.signal_approvals import SignalAnswerer
from gateway.limits.policy import Policy
from gateway.ports import Hooks
from gateway.signals.intake import SignalIntake
from tradewind.trading.approvals.journal import WaitFilter
from tradewind.trading.evaluations.telemetry import (
    Budget,
    CallFilter,
    CallSummary,
    ModelCall,
    RawAnswer,
)
from tradewind.trading.signal_approvals.records import SignalWait
from tradewind.trading.signal_outcomes.scores import Score
from tradewind.trading.signal_outcomes.shown import ShownMark


class CallLog(Protocol):
    """Tells of questions to models; TransientError while it cannot."""

    async def calls(
        self, before: tuple[datetime, str], limit: int, wanted: CallFilter
    ) -> Sequence[ModelCall]: ...

    async def summary(self, since: datetime, model: str | None = ...) -> Sequence[CallSummary]: ...

    async def budgets(self, day: date) -> Sequence[Budget]: ...


class Telemetry(CallLog, Protocol):
    """Tells also what the answers were, and were worth; TransientError while it cannot."""

    async def scores(self) -> Sequence[Score]: ...

    async def marks(self, signal_id: str) -> Sequence[ShownMark]: ...


class RawAnswers(Protocol):
    """Has what models said word for word; TransientError while it cannot tell."""

    async def raw_answer(self, signal_id: str, model: str) -> RawAnswer | None: ...


class SignalWaits(Protocol):
    """Lists signals that wait for a person; TransientError while it cannot."""

    async def waiting(
        self, before: str | None, limit: int, seen: WaitFilter
    ) -> Sequence[SignalWait]: ...


class Signals(NamedTuple):
    """How signals come in, are answered, and what models made of them."""

    intake: SignalIntake
    hooks: Hooks
    policy: Policy | None
    """How often those may submit who have no key."""
    answerer: SignalAnswerer
    waits: SignalWaits
    telemetry: Telemetry
    raw_answers: RawAnswers
