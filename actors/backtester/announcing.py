"""Says which strategies are installed, so that the gateway need not import any to know them."""

from actors.backtester.child_process import ChildProcess
from actors.slice_process.messages import CatalogueAnswer, CatalogueRequest
from tradewind.contracts.backtests.strategies import AnnouncedStrategy
from tradewind.contracts.streams import STRATEGIES_BUCKET
from tradewind.runtime import NatsConnection

type Strategies = tuple[AnnouncedStrategy, ...]


class Announcer:
    """Announces what was installed when the process began; a strategy comes with a restart.

    It asks a process of its own, which ends at once: a slice may take minutes.
    """

    def __init__(self, connection: NatsConnection) -> None:
        self._connection = connection
        self._found: Strategies | None = None

    async def announce(self) -> None:
        """Say all of them; what is not said again within a minute is forgotten."""
        if self._found is None:
            self._found = await _installed()
        bucket = await self._connection.jetstream.key_value(STRATEGIES_BUCKET)
        for one in self._found:
            await bucket.put(one.name, one.model_dump_json().encode())


async def _installed() -> Strategies:
    child = ChildProcess()
    try:
        head = (await child.ask(CatalogueRequest())).head
    finally:
        await child.close()
    return head.strategies if isinstance(head, CatalogueAnswer) else ()
