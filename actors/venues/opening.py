"""How the orchestrator opens venues: each folder has a module `open_venue` with that function."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from typing import cast

from actors.observation_publisher import Keep, keep_nothing
from actors.venues.contract import Venue
from actors.venues.recording import RecordedPlans
from tradewind.contracts.plans.model import VenueName
from tradewind.contracts.venues import open_venues
from tradewind.postgres import Pool
from tradewind.settings import PostgresSettings
from tradewind.trading.halts.gate import Guard
from tradewind.trading.pricing.paper_settings import PaperSettings
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.tokens import TokenRegistry


@dataclass(frozen=True, slots=True)
class VenueResources:
    """What the orchestrator has already opened."""

    paper: PaperSettings
    postgres: PostgresSettings
    database: Pool
    market: PoolView
    registry: TokenRegistry
    keep: Keep = keep_nothing
    """Publishes what a venue executes against."""
    guard: Guard | None = None
    """What has to be true, beside trading states, before anything is signed or submitted."""
    recorded: RecordedPlans = field(default_factory=RecordedPlans)
    """When to look whether the ledger has a plan."""


@dataclass(frozen=True, slots=True)
class OpenVenue:
    """A venue that can be used."""

    venue: Venue
    confirm_within: timedelta | None = None
    """How long after submission an unknown outcome becomes an operator's matter, if it says so."""


type Opener = Callable[[VenueResources], AbstractAsyncContextManager[OpenVenue]]


@asynccontextmanager
async def opened_venues(
    resources: VenueResources, *, has_chain: bool
) -> AsyncIterator[dict[VenueName, OpenVenue]]:
    """Open every venue of the table that this platform has, for as long as the block runs."""
    async with AsyncExitStack() as stack:
        venues: dict[VenueName, OpenVenue] = {}
        for declaration in open_venues(has_chain=has_chain):
            # Imported only here: a platform without a chain does without a chain's libraries.
            module = import_module(f"{declaration.package}.open_venue")
            opener = cast(Opener, module.open_venue)
            venues[declaration.name] = await stack.enter_async_context(opener(resources))
        yield venues
