"""The actor of risk."""

import asyncio
from typing import Final

from actors.broker import broker
from actors.risk.decide import cancel, decide, reject_unpriced
from actors.risk.one_stage import told_by_two_stages
from actors.risk.ports import RiskPorts
from actors.risk.screening import Prices
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.roles import RISK_WORKERS
from tradewind.trading.policy.store import NO_POLICY, AppliedPolicy
from tradewind.trading.pricing.pools.observation import Observation

TIME_LIMIT_MS: Final = 2_000


@broker.actor(
    queue_name=RISK_WORKERS.name,
    topics=[IntentSubmitted.topic],
    time_limit=TIME_LIMIT_MS,
    on_exhausted=reject_unpriced,
    keeps_decision=True,
    decides_first=True,
    tell_kept=told_by_two_stages,
)
async def assess_intent(event: Event[IntentSubmitted], ports: RiskPorts) -> list[AnyEvent]:
    """Price the intent and check it against the limits, unless it is to be cancelled.

    What was observed is published before the decision is kept, so that a decision which is kept
    never names an observation that nobody published.
    """
    cancellation, policy = await asyncio.gather(
        ports.find_cancellation(event.correlation_id), ports.read_policy()
    )
    if cancellation is not None:
        return cancel(event, cancellation, ports.now())
    decided, observation = screen(event, ports, policy)
    await ports.keep(observation)
    return decided


def screen(
    event: Event[IntentSubmitted], ports: RiskPorts, policy: AppliedPolicy = NO_POLICY
) -> tuple[list[AnyEvent], Observation]:
    """Return what is decided on the present pools, and what was observed of them."""
    limits = ports.limits.price_limits
    base, quote = event.payload.intent.assets
    prices = Prices(ports.market.price_usd(base, limits), ports.market.price_usd(quote, limits))
    observation = ports.market.observe()
    terms = ports.terms_of(event.payload.intent.instrument)
    decided = decide(
        event, prices, ports.limits, ports.now(), observation.market, policy=policy, terms=terms
    )
    return decided, observation
