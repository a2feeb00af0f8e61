"""Repeats the evaluator's decisions on what models said then; no model is asked again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from actors.decider import Decider, DecisionInputs, NoVerdict
from actors.evaluator.actors import evaluate_signal
from actors.evaluator.evaluation import Evaluator
from tradewind.contracts.decisions.payloads import DecisionMade
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import Ulid
from tradewind.contracts.signals.payloads import SignalEvaluated
from tradewind.contracts.wire import Document
from tradewind.trading.evaluations.records import AttemptKey, Ending, Evaluation, Question


class NoLimits(Document):
    """Nothing of the settings limits what models said."""


@dataclass(frozen=True, slots=True)
class EvaluatorInputs:
    """What an evaluation was decided on: the answers that are kept of this signal."""

    signal_id: Ulid
    limits: NoLimits = field(default_factory=NoLimits)


@dataclass(frozen=True, slots=True)
class KeptRows:
    """Implements `Evaluations` over rows of the past: all questions are claimed and answered."""

    rows: tuple[Evaluation, ...]

    async def claim(
        self, signal_id: str, deadline: datetime, now: datetime, questions: Sequence[Question]
    ) -> None:
        """Say that somebody claimed them before."""

    async def read(self, signal_id: str) -> tuple[Evaluation, ...]:
        """Return the rows."""
        return self.rows

    async def answer(self, key: AttemptKey, ending: Ending, again_at: datetime | None) -> bool:
        """Refuse: nobody is asked."""
        raise AssertionError("the past is not answered")

    async def end_lost(self, signal_id: str, now: datetime) -> None:
        """Do nothing: every question has ended."""


class EvaluatorDecider:
    """Implements `Decider` for the evaluator."""

    def is_complete(self, recorded: Sequence[AnyEvent]) -> bool:
        """Return whether the last event is there, which has all votes."""
        return any(isinstance(event.payload, SignalEvaluated) for event in recorded)

    def inputs_of(self, recorded: Sequence[AnyEvent]) -> EvaluatorInputs:
        """Return whose answers it was decided on."""
        first = recorded[0].payload
        if not isinstance(first, DecisionMade):
            raise NoVerdict(first.topic)
        return EvaluatorInputs(first.signal_id)

    def todays_limits(self) -> NoLimits:
        """Return nothing: models, prompts and prices of today change no answer of the past."""
        return NoLimits()

    async def decide(self, cause: AnyEvent, inputs: DecisionInputs) -> list[AnyEvent]:
        """Tell again what the models said."""
        assert inputs.answers is not None
        store = KeptRows(inputs.answers.rows)
        ports = Evaluator((), {}, store, deadline_ms=0, now=lambda: inputs.at)
        return list(await evaluate_signal(cause, ports))


DECIDER: Final[Decider] = EvaluatorDecider()
