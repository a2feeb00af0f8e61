"""The platform itself, its market, and what became of intents, for programs that await."""

from datetime import datetime
from typing import Protocol

from tradewind_client import platform_calls
from tradewind_client.calls import Call
from tradewind_client.rest_models import (
    PlatformDocument,
    PoolList,
    RoleList,
    SearchResult,
    StatsDocument,
    TokenList,
)


class AsyncSender(Protocol):
    """Sends a call and returns its result."""

    async def send[T](self, call: Call[T]) -> T: ...


class AsyncPlatform:
    """What is asked about everything, as far as the key covers it."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def show(self) -> PlatformDocument:
        """Return which platform it is, what this key may do, and what requests may hold."""
        return await self._client.send(platform_calls.show_platform())

    async def stats(self, since: datetime | None = None) -> StatsDocument:
        """Return what became of the intents since then, of the last day unless it is said."""
        return await self._client.send(platform_calls.show_stats(since))

    async def tokens(self) -> TokenList:
        """Return every token with its price, and every pair that has pools."""
        return await self._client.send(platform_calls.list_tokens())

    async def pools(self) -> PoolList:
        """Return every pool as it was last seen, and the heads of real chains."""
        return await self._client.send(platform_calls.list_pools())

    async def search(self, text: str) -> SearchResult:
        """Return what an id, a hash, an address or a part of a name belongs to."""
        return await self._client.send(platform_calls.search(text))

    async def roles(self) -> RoleList:
        """Return every role with its processes, its lag, and what it gave up."""
        return await self._client.send(platform_calls.list_roles())

    async def export(self, correlation_id: str) -> bytes:
        """Return a history as a file that `tradewind history import` reads, lines of JSON.

        Conflict when it is too large for an answer.
        """
        return await self._client.send(platform_calls.export_history(correlation_id))
