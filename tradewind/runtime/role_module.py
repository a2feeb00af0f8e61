"""The protocols that the package of a role implements, by the kind in its declaration.

The annotation of the parameter `settings` names the settings class that is loaded for the role.
"""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from tradewind.runtime.connection import NatsConnection


class PoolRole(Protocol):
    """A pool of actors; importing the package declares them on the broker of the process."""

    def open_ports(
        self, settings: Any, connection: NatsConnection
    ) -> AbstractAsyncContextManager[object]:
        """Open the ports that its handlers get as second argument; they close with the context."""
        ...


class LoopRole(Protocol):
    """A task that runs until it is stopped."""

    async def run(self, settings: Any, connection: NatsConnection, stopped: asyncio.Event) -> None:
        """Work until `stopped` is set; an exception ends the process."""
        ...
