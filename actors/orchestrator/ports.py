"""What the orchestrator acts through: the venues of this process."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from actors.orchestrator.settings import OrchestratorSettings
from actors.venues.contract import OutcomeUnknown, Venue
from actors.venues.simulated import SimulatedVenue, SimulationSettings
from actors.venues.transaction_store import DatabaseTransactionStore
from tradewind.contracts.plans.model import SIMULATED, VenueName
from tradewind.postgres import open_pool
from tradewind.runtime import NatsConnection, clock
from tradewind.trading.pricing.pools.open_market import open_market
from tradewind.trading.tokens import load_tokens
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE

CONFIRM_WITHIN: Final = timedelta(minutes=10)


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
