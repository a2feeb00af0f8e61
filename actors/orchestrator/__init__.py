"""Orchestrator: has a plan's swap executed by a venue, once, and reports what became of it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from actors.broker import broker
from actors.orchestrator import decisions
from actors.venues.contract import DeadlinePassed, Venue, VenueRefused, VenueUnavailable
from actors.venues.simulated import SimulatedVenue, SimulationSettings
from actors.venues.transaction_store import BucketTransactionStore
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.names import SIMULATED_VENUE_BUCKET, QueueGroup
from tradewind.contracts.payloads import PlanCreated, StepFilled, StepSubmitted
from tradewind.contracts.plans import VenueName
from tradewind.errors import ConfigurationError
from tradewind.pricing.engine import choose_router
from tradewind.pricing.market_view import MarketView
from tradewind.pricing.snapshot_cache import SnapshotCache
from tradewind.pricing.snapshot_watch import watched
from tradewind.runtime import NatsConnection
from tradewind.settings import Settings
from tradewind.tokens import load_tokens

TIME_LIMIT_MS = 10_000
MAX_SUBMIT_RETRIES = 5
MIN_SUBMIT_BACKOFF_MS = 100
MAX_SUBMIT_BACKOFF_MS = 5_000


@dataclass(frozen=True, slots=True)
class OrchestratorPorts:
    """What the orchestrator acts through."""

    venues: Mapping[VenueName, Venue]
    now: Callable[[], datetime]

    def venue(self, name: VenueName) -> Venue:
        """Return the venue of a step; VenueRefused when this process has no such venue."""
        try:
            return self.venues[name]
        except KeyError:
            raise VenueRefused(f"there is no venue {name} here") from None


def fail_unavailable(event: Event[PlanCreated], error: Exception, now: datetime) -> list[AnyEvent]:
    """End the flow when the venue stayed away, and only then: no other error proves anything."""
    if not isinstance(error, VenueUnavailable):
        raise error
    return decisions.unavailable(event, str(error), attempts=MAX_SUBMIT_RETRIES + 1, now=now)


@broker.actor(
    queue_name=QueueGroup.ORCHESTRATOR,
    topics=[PlanCreated.topic],
    time_limit=TIME_LIMIT_MS,
    max_retries=MAX_SUBMIT_RETRIES,
    min_backoff=MIN_SUBMIT_BACKOFF_MS,
    max_backoff=MAX_SUBMIT_BACKOFF_MS,
    on_exhausted=fail_unavailable,
)
async def submit_plan(event: Event[PlanCreated], ports: OrchestratorPorts) -> list[AnyEvent]:
    """Submit the plan's step. Doing it again submits nothing new and returns the same events."""
    order = decisions.order_of(event.payload)
    try:
        venue = ports.venue(order.step.venue)
        tx_hash = await venue.submit_tx(await venue.build_swap_tx(order))
    except DeadlinePassed:
        return decisions.expired(event, ports.now())
    except VenueRefused as error:
        return decisions.refused(event, str(error), ports.now())
    return decisions.submitted(event, tx_hash, ports.now())


@broker.actor(
    queue_name=QueueGroup.ORCHESTRATOR,
    topics=[StepSubmitted.topic, StepFilled.topic],
    time_limit=TIME_LIMIT_MS,
    waits=True,
)
async def follow_step(
    event: Event[StepSubmitted] | Event[StepFilled], ports: OrchestratorPorts
) -> list[AnyEvent]:
    """Report the next fill of a submitted step, or its end; nothing follows the last fill."""
    fills_known = decisions.fills_known(event.payload)
    if fills_known is None:
        return []
    venue = ports.venue(event.payload.step.venue)
    receipt = await venue.wait_receipt(event.payload.tx_hash, fills_known)
    return decisions.follow(event, receipt, fills_known, ports.now())


@asynccontextmanager
async def open_ports(
    settings: Settings, connection: NatsConnection
) -> AsyncIterator[OrchestratorPorts]:
    """Open the venues; ConfigurationError when the settings ask for one that is not there."""
    if not settings.mock_chain:
        raise ConfigurationError("PLATFORM_MOCK_CHAIN must be true: there is no chain venue yet")
    cache = SnapshotCache(choose_router(rust_engine_enabled=settings.rust_engine_enabled))
    simulation = SimulationSettings(
        seed=settings.simulation_seed,
        partial_fill_probability=settings.simulated_partial_fill_probability,
        failure_probability=settings.simulated_failure_probability,
        timeout_probability=settings.simulated_timeout_probability,
        latency_ms=settings.simulated_latency_ms,
    )
    async with watched(connection.jetstream, cache, connection.reconnect_hooks):
        market = MarketView(cache, load_tokens(settings.tokens_file))
        store = BucketTransactionStore(connection.jetstream, SIMULATED_VENUE_BUCKET)
        venue = SimulatedVenue(market, store, simulation, _utc_now)
        yield OrchestratorPorts({venue.name: venue}, _utc_now)


def _utc_now() -> datetime:
    return datetime.now(UTC)
