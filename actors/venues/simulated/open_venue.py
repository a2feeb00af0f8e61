"""Opens the simulated venue on the orchestrator's database and pools."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from actors.venues.opening import OpenVenue, VenueResources
from actors.venues.simulated.behaviour import SimulationSettings
from actors.venues.simulated.venue import SimulatedVenue
from actors.venues.transaction_store import DatabaseTransactionStore
from tradewind.runtime import clock


@asynccontextmanager
async def open_venue(resources: VenueResources) -> AsyncIterator[OpenVenue]:
    """Yield the venue; its settings say how it behaves."""
    settings = resources.paper
    simulation = SimulationSettings(
        seed=settings.simulation_seed,
        partial_fill_probability=settings.simulated_partial_fill_probability,
        failure_probability=settings.simulated_failure_probability,
        timeout_probability=settings.simulated_timeout_probability,
        latency_ms=settings.simulated_latency_ms,
        gas_price_wei=settings.gas_price_wei,
    )
    store = DatabaseTransactionStore(resources.database, resources.guard)
    yield OpenVenue(
        SimulatedVenue(
            resources.market,
            store,
            simulation,
            clock.now,
            keep=resources.keep,
            recorded=resources.recorded,
        )
    )
