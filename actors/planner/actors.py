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
from tradewind.errors import NotYet
from tradewind.trading.pricing.pools.observation import Observation

TIME_LIMIT_MS: Final = 2_000
STOPPED_RETRY_MS: Final = 1_000
"""How long until an intent is tried again that a trading state forbids, as a step is at signing."""


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
    waits=True,
)
async def plan_intent(event: Event[IntentAccepted], ports: PlannerPorts) -> list[AnyEvent]:
    """Read the pools and plan the intent on them, unless it is to be cancelled.

    NotYet while a trading state forbids it: it waits as a plan waits that is ready to be signed,
    until trading is resumed, it is cancelled, or its time window closes.
    """
    cancellation, stop = await ports.find_obstacle(event)
    if cancellation is not None:
        return cancel(event, cancellation, ports.now())
    if stop is not None and ports.now() < event.payload.expires_at:
        raise NotYet(STOPPED_RETRY_MS)
    with PLANNING_SECONDS.time():
        decided, observation = plan(event, ports)
    await ports.keep(observation)
    return decided


def plan(event: Event[IntentAccepted], ports: PlannerPorts) -> tuple[list[AnyEvent], Observation]:
    """Return what is decided on the present pools, and what was observed of them."""
    reading = read_market(ports.market, event.payload.intent, ports.limits.price_limits)
    observation = ports.market.observe()
    decided = decide(event, reading, ports.limits, ports.now(), observation.market)
    return decided, observation
