"""What the orchestrator acts through: the venues of this process."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from actors.observation_publisher import keeping
from actors.orchestrator.follow_ups import FollowUps, published
from actors.orchestrator.settings import OrchestratorSettings
from actors.venues.contract import FollowingVenue, OutcomeUnknown, Venue
from actors.venues.opening import VenueResources, opened_venues
from actors.venues.recording import heard_plans
from tradewind.contracts.envelope import Event
from tradewind.contracts.intents.payloads import IntentCancelRequested
from tradewind.contracts.plans.model import VenueName
from tradewind.ledger.cancellations import Cancellations, FindCancellation, nothing_cancelled
from tradewind.postgres import Pool, open_pool
from tradewind.runtime import NatsConnection, Publisher, clock
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated
from tradewind.trading.book.fence import Fence
from tradewind.trading.book.proving import Prover, SigningGuard, stream_end_of
from tradewind.trading.pricing.pools.open_market import open_market
from tradewind.trading.tokens import load_tokens
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE

CONFIRM_WITHIN: Final = timedelta(minutes=10)
PROOF: Final = "proof of the ledger"
PROOF_SECONDS: Final = 0.5
SILENT_SECONDS: Final = 60.0
MAX_CONNECTIONS: Final = 6
"""Two of them stay with the requests to cancel."""

KeepCancellation = Callable[[Event[IntentCancelRequested]], Awaitable[None]]


async def forget_cancellation(_: Event[IntentCancelRequested]) -> None:
    """Keep no request; for venues that are tried without a database."""


@dataclass(frozen=True, slots=True)
class OrchestratorPorts:
    """What the orchestrator acts through."""

    venues: Mapping[VenueName, Venue]
    now: Callable[[], datetime]
    confirm_within: timedelta = CONFIRM_WITHIN
    """How long after submission an unknown outcome becomes an operator's matter."""
    find_cancellation: FindCancellation = nothing_cancelled
    keep_cancellation: KeepCancellation = forget_cancellation

    def venue(self, name: VenueName) -> Venue:
        """Return the venue of a step.

        OutcomeUnknown when this process has no such venue: another one may have submitted to it.
        """
        try:
            return self.venues[name]
        except KeyError:
            raise OutcomeUnknown(f"venue {name} is not here") from None


@asynccontextmanager
async def open_ports(
    settings: OrchestratorSettings, connection: NatsConnection
) -> AsyncIterator[OrchestratorPorts]:
    """Open the venues; those of a chain unless PLATFORM_MOCK_CHAIN is true."""
    async with AsyncExitStack() as stack:
        pool = await open_pool(
            settings.postgres_dsn.get_secret_value(),
            max_size=MAX_CONNECTIONS,
            role=ORCHESTRATOR_ROLE,
            writes=True,
        )
        stack.callback(pool.terminate)
        market = await stack.enter_async_context(
            open_market(
                connection, settings.tokens_file, rust_engine_enabled=settings.rust_engine_enabled
            )
        )
        keep = await stack.enter_async_context(keeping(connection))
        guard = await stack.enter_async_context(_guarding(pool, connection))
        recorded = await stack.enter_async_context(heard_plans(connection))
        resources = VenueResources(
            settings,
            settings,
            pool,
            market,
            load_tokens(settings.tokens_file),
            keep,
            guard,
            recorded,
        )
        opened = await stack.enter_async_context(
            opened_venues(resources, has_chain=not settings.mock_chain)
        )
        limits = [one.confirm_within for one in opened.values() if one.confirm_within is not None]
        cancellations = Cancellations(pool)
        ports = OrchestratorPorts(
            {name: one.venue for name, one in opened.items()},
            clock.now,
            max(limits, default=CONFIRM_WITHIN),
            cancellations.find,
            cancellations.keep,
        )
        await _follow_up(stack, connection, ports)
        yield ports


@asynccontextmanager
async def _guarding(pool: Pool, connection: NatsConnection) -> AsyncIterator[SigningGuard]:
    """Prove the database while the block runs, for whoever signs or submits."""
    fence = Fence()
    prover = Prover(pool, fence, stream_end_of(connection))
    outage = Outage(PROOF, silent_seconds=SILENT_SECONDS)
    async with repeated(PROOF_SECONDS, prover.prove, outage):
        yield SigningGuard(fence)


async def _follow_up(
    stack: AsyncExitStack, connection: NatsConnection, ports: OrchestratorPorts
) -> None:
    """Publish what venues find out by themselves, as long as the stack is open."""
    publisher = Publisher(connection)
    stack.push_async_callback(publisher.close)
    for venue in ports.venues.values():
        if isinstance(venue, FollowingVenue):
            follow_ups = FollowUps(venue, publisher.publish_all, ports.confirm_within)
            await stack.enter_async_context(published(follow_ups))
