"""The events of a signal's evaluation: a pure function of its cause and the rows of evaluations."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from actors.evaluator.models.port import Finish, ModelAnswer
from actors.evaluator.output_checks import RejectedAnswer, check
from tradewind.contracts.decisions.model import FALLBACK, Answer, DecisionStatus, Vote
from tradewind.contracts.decisions.payloads import DecisionMade, PromptReference, Usage
from tradewind.contracts.envelope import AnyEvent, Event, next_events
from tradewind.contracts.roles import Role
from tradewind.contracts.signals.payloads import SignalEnriched, SignalEvaluated
from tradewind.trading.evaluations.records import Evaluation
from tradewind.trading.models.file import BASELINE
from tradewind.trading.prompts.rendering import allowed_actions


class AnswerForgotten(ValueError):
    """An answer was too old to be kept, so what followed from it cannot be told again."""


def decide(event: Event[SignalEnriched], rows: Sequence[Evaluation]) -> list[AnyEvent]:
    """Return decision.made of each model, in the order of the configuration, and signal.evaluated.

    All rows have their answer. The events are of the time of the newest one, so they are the same
    bytes whenever and wherever they are made. AnswerForgotten where a text is kept no longer.
    """
    attempts = [list(group) for _, group in groupby(rows, key=lambda row: row.place)]
    made = [_made(event, of_model) for of_model in attempts]
    at = max(row.answered_at for row in rows if row.answered_at is not None)
    decisions = next_events(event, made, producer=Role.EVALUATOR, at=at)
    evaluated = SignalEvaluated(
        signal_id=event.payload.signal_id,
        terms=event.payload.terms,
        features=event.payload.features,
        votes=tuple(map(_vote, decisions)),
        deadline=rows[0].deadline,
    )
    last = next_events(decisions[-1], [evaluated], producer=Role.EVALUATOR, at=at)
    return [*decisions, *last]


def _vote(decision: AnyEvent) -> Vote:
    made: DecisionMade = decision.payload
    return Vote(
        decision_id=decision.event_id,
        model=made.model,
        role=made.role,
        status=made.status,
        answer=made.answer,
        prompt_version=made.prompt.version,
    )


def _made(event: Event[SignalEnriched], attempts: Sequence[Evaluation]) -> DecisionMade:
    row, terms = attempts[-1], event.payload.terms
    status, detail, answer = _judged(event, row)
    asked = [one for one in attempts if one.was_asked is not False]
    raw_sha256 = row.answer_sha256 if row.late_at is None else None
    return DecisionMade(
        signal_id=event.payload.signal_id,
        model=row.model,
        vendor=row.vendor,
        vendor_model=row.vendor_model,
        role=row.role,
        status=status,
        detail=detail,
        answer=answer,
        prompt=PromptReference(
            version=row.prompt_version,
            sha256=row.prompt_sha256.hex(),
            request_sha256=_hex(row.request_sha256) if asked else None,
        ),
        usage=_usage(row),
        attempts=len(asked),
        raw_sha256=_hex(raw_sha256),
        instrument=terms.instrument,
        symbol=terms.signal.symbol,
        event_type=terms.signal.event_type,
        strategy_id=terms.strategy_id,
    )


def _judged(
    event: Event[SignalEnriched], row: Evaluation
) -> tuple[DecisionStatus, str | None, Answer]:
    """Return status, detail and answer; the fallback where there is no good one."""
    assert row.status is not None, "every question has ended"
    if row.status is not DecisionStatus.OK:
        return row.status, row.detail, fallback(event, row.status)
    if row.answer is None:
        raise AnswerForgotten("what a model said is kept no longer")
    if row.vendor == BASELINE:
        return row.status, None, Answer.model_validate_json(row.answer)
    allowed = allowed_actions(event.payload.terms, event.payload.features)
    checked = check(ModelAnswer(raw=row.answer, finish=Finish.ENDED), allowed)
    if isinstance(checked, RejectedAnswer):
        return checked.status, checked.detail, fallback(event, checked.status)
    return row.status, None, checked


def fallback(event: Event[SignalEnriched], status: DecisionStatus) -> Answer:
    """Return what is recorded where a model gave no answer: it counts for nothing."""
    return Answer(
        decision=FALLBACK[event.payload.terms.signal.event_type],
        confidence_pct=0,
        size_pct=0,
        reasons=(f"model_error:{status}",),
    )


def _usage(row: Evaluation) -> Usage:
    """Return what a question cost; what came late is in no event."""
    latency_ms = row.latency_ms or 0
    if row.late_at is not None:
        return Usage(latency_ms=latency_ms)
    return Usage(
        latency_ms=latency_ms,
        tokens_in=row.tokens_in,
        tokens_cached=row.tokens_cached,
        tokens_out=row.tokens_out,
        tokens_reasoning=row.tokens_reasoning,
        cost_microusd=row.cost_microusd,
    )


def unanswered(rows: Iterable[Evaluation]) -> list[Evaluation]:
    """Return the questions that nobody has the answer to yet."""
    return [row for row in rows if row.status is None]


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()
