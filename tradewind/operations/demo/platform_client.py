"""What the demo asks of a platform, with errors that the command line shows in its way."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

from tradewind_client import AsyncClient, Position, TradewindError

from tradewind.contracts.plans.model import VenueName
from tradewind.contracts.venues import SIMULATED
from tradewind.errors import TransientError
from tradewind.operations.embedded.devchain.anvil_server import CHAIN_ID

TOPICS: Final = ("intent.*", "risk.*", "plan.*", "exec.*")


class PlatformUnreachable(TransientError):
    """No platform answers. Start one with `make up`, or name another with --url."""

    code = "PLATFORM_UNREACHABLE"


class PlatformRefused(TransientError):
    """The platform refused the request; the message is the problem's text."""

    code = "PLATFORM_REFUSED"


class Place(NamedTuple):
    """Where intents are executed when nobody names a venue."""

    venue: VenueName
    is_development: bool
    """Whether its chain is the own one, on which swaps cost nothing."""


class PlatformClient:
    """Posts intents and yields the events of the platform since it was opened."""

    def __init__(self, client: AsyncClient, opened_at: Position) -> None:
        self._client = client
        self._opened_at = opened_at

    async def place(self) -> Place:
        """Return where the platform executes; PlatformRefused with the problem's text."""
        try:
            found = await self._client.platform.show()
        except TradewindError as error:
            raise PlatformRefused(str(error)) from None
        venue = next((one.name for one in found.venues if one.is_default), SIMULATED)
        return Place(venue, found.chain_id == CHAIN_ID)

    async def submit(self, body: Mapping[str, Any]) -> str:
        """Return the id of the new intent; PlatformRefused with the problem's text otherwise."""
        try:
            submission = await self._client.intents.submit(body)
        except TradewindError as error:
            raise PlatformRefused(str(error)) from None
        return submission.intent_id

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Yield every event of every intent, over lost connections too."""
        try:
            async for event in self._client.stream(TOPICS, resume=self._opened_at):
                yield event.model_dump(mode="json", by_alias=True)
        except TradewindError as error:
            raise PlatformUnreachable(f"the stream ended: {error}") from None


@asynccontextmanager
async def open_platform(url: str) -> AsyncIterator[PlatformClient]:
    """Connect to a running platform; PlatformUnreachable when there is none."""
    async with AsyncClient(url) as client:
        try:
            opened_at = await client.position()
        except TradewindError as error:
            raise PlatformUnreachable(
                f"no platform answers at {url}: start one with `make up` ({error})"
            ) from None
        yield PlatformClient(client, opened_at)
