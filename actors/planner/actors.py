"""The actor of the planner."""

from datetime import datetime
from typing import Final

from actors.broker import broker
from actors.planner.decide import cancel, decide, reject
from actors.planner.metrics import PLANNING_SECONDS
from actors.planner.ports import PlannerPorts
from actors.planner.quoting import read_market
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.intents.payloads import IntentAccepted
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.contracts.roles import PLANNER_WORKERS

TIME_LIMIT_MS: Final = 2_000


def reject_unpriced(
    event: Event[IntentAccepted], error: Exception, now: datetime
) -> list[AnyEvent]:
    """Reject the intent when the pools could not be read within the retries."""
    return reject(event, PlanRejectionReason.NO_PRICE, str(error), now)


@broker.actor(
    queue_name=PLANNER_WORKERS.name,
    topics=[IntentAccepted.topic],
    time_limit=TIME_LIMIT_MS,
    on_exhausted=reject_unpriced,
)
async def plan_intent(event: Event[IntentAccepted], ports: PlannerPorts) -> list[AnyEvent]:
    """Read the pools and plan the intent on them, unless it is to be cancelled."""
    cancellation = await ports.find_cancellation(event.correlation_id)
    if cancellation is not None:
        return cancel(event, cancellation, ports.now())
    with PLANNING_SECONDS.time():
        reading = read_market(ports.market, event.payload.intent, ports.limits.price_limits)
        observation = ports.market.observe()
        decided = decide(event, reading, ports.limits, ports.now(), observation.market)
    await ports.keep(observation)
    return decided
