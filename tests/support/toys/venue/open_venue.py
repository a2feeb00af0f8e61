"""Opens the toy venue."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Final

from actors.venues.opening import OpenVenue, VenueResources
from actors.venues.simulated.behaviour import SimulationSettings
from actors.venues.simulated.venue import SimulatedVenue
from actors.venues.transaction_store import DatabaseTransactionStore
from tests.support.toys import TOY
from tradewind.runtime import clock

NEVER: Final = Decimal(0)
WELL_BEHAVED: Final = SimulationSettings(7, NEVER, NEVER, NEVER, latency_ms=1)


class ToyVenue(SimulatedVenue):
    """Fills soon and in one part."""

    name = TOY


@asynccontextmanager
async def open_venue(resources: VenueResources) -> AsyncIterator[OpenVenue]:
    store = DatabaseTransactionStore(resources.database)
    yield OpenVenue(ToyVenue(resources.market, store, WELL_BEHAVED, clock.now))
