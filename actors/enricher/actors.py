"""The actor of the enricher."""

from typing import Final

from actors.broker import broker
from actors.enricher.decide import decide, reject_without_data
from actors.enricher.metrics import PART_SECONDS, measure
from actors.enricher.ports import EnricherPorts
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.roles import ENRICHER_WORKERS
from tradewind.contracts.signals.payloads import SignalReceived, SignalRejected, SignalRejection
from tradewind.errors import NotYet

TIME_LIMIT_MS: Final = 2_000
ASKED_AGAIN_MS: Final = 1_000
"""How long until market data that was not there is looked for again."""


@broker.actor(
    queue_name=ENRICHER_WORKERS.name,
    topics=[SignalReceived.topic],
    time_limit=TIME_LIMIT_MS,
    on_exhausted=reject_without_data,
    keeps_decision=True,
    waits=True,
)
async def enrich_signal(event: Event[SignalReceived], ports: EnricherPorts) -> list[AnyEvent]:
    """Put the signal beside what is in memory of the market, without asking anybody.

    What was observed is published before the decision is kept, so that a decision which is kept
    never names an observation that nobody published. NotYet while data that a feed has after its
    start is not there at all.
    """
    terms, now = event.payload.terms, ports.now()
    profile = ports.profiles.of_source(terms.signal.source)
    with PART_SECONDS.labels("read").time():
        reading, observation = ports.read(terms.coin, profile.profile.intervals, now)
    limits = ports.limits.of(terms.signal)
    with PART_SECONDS.labels("compute").time():
        decided = decide(event, reading, profile, limits, now, ports.indicators)
    if _lacks_data(decided) and now < terms.received_at + ports.patience:
        raise NotYet(ASKED_AGAIN_MS)
    with PART_SECONDS.labels("keep").time():
        await ports.keep(observation)
    measure(decided[0].payload, terms, ports.now())
    return decided


def _lacks_data(decided: list[AnyEvent]) -> bool:
    payload = decided[0].payload
    return isinstance(payload, SignalRejected) and payload.reason is SignalRejection.DATA_MISSING
