"""What the folder of a role has to offer, by the kind its declaration names.

The type a role gives its `settings` is the settings class that is loaded for it.
"""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from tradewind.runtime.connection import NatsConnection


class PoolRole(Protocol):
    """A pool: importing it declares its actors on the broker of the process."""

    def open_ports(
        self, settings: Any, connection: NatsConnection
    ) -> AbstractAsyncContextManager[object]:
        """Open what its handlers get as second argument, for as long as the context lasts."""
        ...


class LoopRole(Protocol):
    """A loop."""

    async def run(self, settings: Any, connection: NatsConnection, stopped: asyncio.Event) -> None:
        """Do its work until `stopped`; an exception ends the process."""
        ...
