"""The actor of the desk."""

from typing import Final

from actors.broker import broker
from actors.desk.conclude import Reason, conclude, proposal_of
from actors.desk.metrics import AWAITED, CONCLUDED
from actors.desk.ports import DeskPorts
from actors.desk.terms import approval_deadline, asks_a_person
from actors.signal_stages import observe_stage
from tradewind.contracts.decisions.payloads import DecisionConcluded
from tradewind.contracts.envelope import AnyEvent, Event, next_events
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.payload import Payload
from tradewind.contracts.roles import DESK_WORKERS, Role
from tradewind.contracts.signals.payloads import SignalEvaluated
from tradewind.errors import NotYet
from tradewind.trading.signal_approvals.records import SignalWait
from tradewind.trading.submission.events import submitted_event
from tradewind.trading.submission.portfolios import StrategyPortfolios

TIME_LIMIT_MS: Final = 3_000
"""Three statements about a wait, or one about calibration, take 0.75 s each at most."""
ASKED_AGAIN_MS: Final = 1_000
"""How long until the answer of a person is looked for again."""


@broker.actor(
    queue_name=DESK_WORKERS.name,
    topics=[SignalEvaluated.topic],
    time_limit=TIME_LIMIT_MS,
    keeps_decision=True,
    waits=True,
)
async def conclude_signal(event: Event[SignalEvaluated], ports: DeskPorts) -> list[AnyEvent]:
    """Conclude from the models' answers; the intent, where there is one, comes before the end.

    NotYet while a person is asked. Where nobody answered in time, that is kept before it is
    concluded, so that no answer can come after it.
    """
    terms = event.payload.terms
    policy = ports.policies.of_source(terms.signal.source)
    calibration = await ports.find_calibration() if policy.policy.calibrated else None
    untraded, now = ports.find_untraded(terms), ports.now()
    payloads = conclude(event, policy, now, None, calibration, untraded=untraded)
    if asks_a_person(policy) and (not payloads or _is_timed_out(payloads)):
        proposal = proposal_of(event, policy, now, calibration)
        wait = SignalWait(
            event.payload.signal_id,
            ports.portfolios.of_strategy(terms.strategy_id),
            terms.strategy_id,
            event.to_bytes(),
            proposal.model_dump_json().encode(),
            now,
            approval_deadline(event, policy),
        )
        answer = await ports.find_answer(wait, is_over=bool(payloads))
        payloads = conclude(event, policy, now, answer, calibration, untraded=untraded)
    if not payloads:
        AWAITED.inc()
        raise NotYet(ASKED_AGAIN_MS)
    concluded = payloads[-1]
    assert isinstance(concluded, DecisionConcluded)
    observe_stage("concluded", terms, concluded.concluded_at)
    CONCLUDED.labels(concluded.outcome.value).inc()
    return events_of(event, payloads, ports.portfolios)


def events_of(
    event: Event[SignalEvaluated], payloads: list[Payload], portfolios: StrategyPortfolios
) -> list[AnyEvent]:
    """Return a conclusion as events: an intent's own history before the end of the signal's.

    The intent's first event is exactly what the gateway would make, caused by `signal.evaluated`.
    """
    *submissions, concluded = payloads
    assert isinstance(concluded, DecisionConcluded)
    at = concluded.concluded_at
    intents: list[AnyEvent] = [
        submitted_event(
            one, producer=Role.DESK, at=at, portfolios=portfolios, causation_id=event.event_id
        )
        for one in submissions
        if isinstance(one, IntentSubmitted)
    ]
    return [*intents, *next_events(event, [concluded], producer=Role.DESK, at=at)]


def _is_timed_out(payloads: list[Payload]) -> bool:
    last = payloads[-1]
    return isinstance(last, DecisionConcluded) and last.reason == Reason.APPROVAL_TIMED_OUT
