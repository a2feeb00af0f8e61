"""Orchestrator: has a plan's swap executed by a venue, once, and reports what became of it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from actors.broker import broker
from actors.orchestrator import decide
from actors.orchestrator.settings import OrchestratorSettings
from actors.venues.contract import (
    DeadlinePassed,
    OutcomeUnknown,
    Reorg,
    SigningVenue,
    StepExpired,
    StepRefused,
    Venue,
    VenueRefused,
    VenueUnavailable,
)
from actors.venues.simulated import SimulatedVenue, SimulationSettings
from actors.venues.transaction_store import DatabaseTransactionStore
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.execution.payloads import (
    StepFilled,
    StepReorged,
    StepSigned,
    StepSubmitted,
)
from tradewind.contracts.plans.model import SIMULATED, VenueName
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.contracts.roles import ORCHESTRATOR_WORKERS
from tradewind.postgres import open_pool
from tradewind.runtime import NatsConnection, clock
from tradewind.trading.pricing.open_market import open_market
from tradewind.trading.tokens import load_tokens
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE

TIME_LIMIT_MS = 10_000
MAX_SUBMIT_RETRIES = 5
MIN_SUBMIT_BACKOFF_MS = 100
MAX_SUBMIT_BACKOFF_MS = 5_000
CONFIRM_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class OrchestratorPorts:
    """What the orchestrator acts through."""

    venues: Mapping[VenueName, Venue]
    now: Callable[[], datetime]
    confirm_within: timedelta = CONFIRM_WITHIN
    """How long after submission an unknown outcome becomes an operator's matter."""

    def venue(self, name: VenueName) -> Venue:
        """Return the venue of a step.

        OutcomeUnknown when this process has no such venue: another one may have submitted to it.
        """
        try:
            return self.venues[name]
        except KeyError:
            raise OutcomeUnknown(f"venue {name} is not here") from None


def fail_unavailable(event: Event[PlanCreated], error: Exception, now: datetime) -> list[AnyEvent]:
    """End the flow when the venue stayed away, and only then: no other error proves anything."""
    if not isinstance(error, VenueUnavailable):
        raise error
    return decide.unavailable(event, str(error), attempts=MAX_SUBMIT_RETRIES + 1, now=now)


@broker.actor(
    queue_name=ORCHESTRATOR_WORKERS.name,
    topics=[PlanCreated.topic],
    time_limit=TIME_LIMIT_MS,
    max_retries=MAX_SUBMIT_RETRIES,
    min_backoff=MIN_SUBMIT_BACKOFF_MS,
    max_backoff=MAX_SUBMIT_BACKOFF_MS,
    on_exhausted=fail_unavailable,
)
async def submit_plan(event: Event[PlanCreated], ports: OrchestratorPorts) -> list[AnyEvent]:
    """Submit the plan's step, or only sign it where these are two things.

    Doing it again signs and submits nothing new and returns the same events.
    """
    order = decide.order_of(event.payload)
    try:
        venue = ports.venue(order.step.venue)
        transaction = await venue.build_swap_tx(order)
        if isinstance(venue, SigningVenue):
            return decide.signed(event, await venue.sign_tx(transaction), ports.confirm_within)
        tx_hash = await venue.submit_tx(transaction)
    except StepExpired as error:
        return decide.expired(event, error.decided_at)
    except DeadlinePassed:
        return decide.expired(event, ports.now())
    except StepRefused as error:
        return decide.refused(event, error.detail, error.decided_at, error.reason)
    except VenueRefused as error:
        return decide.refused(event, str(error), ports.now())
    return decide.submitted(event, tx_hash, ports.now(), ports.confirm_within)


@broker.actor(
    queue_name=ORCHESTRATOR_WORKERS.name,
    topics=[StepSigned.topic],
    time_limit=TIME_LIMIT_MS,
    waits=True,
)
async def broadcast_step(event: Event[StepSigned], ports: OrchestratorPorts) -> list[AnyEvent]:
    """Hand a signed step to its venue. It may be there already; then this tells since when."""
    venue = ports.venue(event.payload.venue)
    if not isinstance(venue, SigningVenue):
        raise OutcomeUnknown(f"venue {event.payload.venue} does not sign")
    submitted_at = await venue.broadcast_tx(event.payload.tx_hash)
    return decide.handed_over(event, submitted_at, ports.confirm_within)


@broker.actor(
    queue_name=ORCHESTRATOR_WORKERS.name,
    topics=[StepSubmitted.topic, StepFilled.topic, StepReorged.topic],
    time_limit=TIME_LIMIT_MS,
    waits=True,
)
async def follow_step(event: decide.StepEvent, ports: OrchestratorPorts) -> list[AnyEvent]:
    """Report a submitted step's next reorg or fill, or its end; nothing follows the last fill."""
    fills_known = decide.fills_known(event.payload)
    if fills_known is None:
        return []
    venue = ports.venue(event.payload.step.venue)
    receipt = await venue.wait_receipt(
        event.payload.tx_hash, fills_known, decide.reorgs_known(event.payload)
    )
    if isinstance(receipt, Reorg):
        return decide.reorged(event, receipt, ports.confirm_within)
    return decide.follow(event, receipt, fills_known, ports.now())


@asynccontextmanager
async def open_ports(
    settings: OrchestratorSettings, connection: NatsConnection
) -> AsyncIterator[OrchestratorPorts]:
    """Open the simulated venue, and beside it the chain's unless PLATFORM_MOCK_CHAIN is true."""
    simulation = SimulationSettings(
        seed=settings.simulation_seed,
        partial_fill_probability=settings.simulated_partial_fill_probability,
        failure_probability=settings.simulated_failure_probability,
        timeout_probability=settings.simulated_timeout_probability,
        latency_ms=settings.simulated_latency_ms,
    )
    async with AsyncExitStack() as stack:
        pool = await open_pool(settings.postgres_dsn.get_secret_value(), role=ORCHESTRATOR_ROLE)
        stack.callback(pool.terminate)
        market = await stack.enter_async_context(
            open_market(
                connection, settings.tokens_file, rust_engine_enabled=settings.rust_engine_enabled
            )
        )
        venues: dict[VenueName, Venue] = {
            SIMULATED: SimulatedVenue(market, DatabaseTransactionStore(pool), simulation, clock.now)
        }
        if settings.mock_chain:
            yield OrchestratorPorts(venues, clock.now)
            return
        # Only here: a platform without a chain does without these libraries.
        from actors.venues.uniswap_v3.open_venue import open_venue

        async with open_venue(settings, load_tokens(settings.tokens_file), market) as venue:
            confirm_within = timedelta(seconds=venue.confirm_within_seconds)
            yield OrchestratorPorts(venues | {venue.name: venue}, clock.now, confirm_within)
