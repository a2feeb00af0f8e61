"""What instruments were worth, for programs that await."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol

from tradewind_client import market_calls
from tradewind_client.calls import Call
from tradewind_client.rest_models import CandlePage, SymbolDocument, TickDocument


class AsyncSender(Protocol):
    """Sends a call and returns its result."""

    async def send[T](self, call: Call[T]) -> T: ...


class AsyncMarket:
    """Ticks and candles of pairs and perpetuals, by a symbol such as WETH/USDC or a key."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def ticks(
        self, symbol: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> AsyncIterator[TickDocument]:
        """Yield prices as they were seen, newest first, page after page."""
        cursor: str | int | None = None
        while True:
            page = await self._client.send(market_calls.list_ticks(symbol, since, until, cursor))
            for item in page.items:
                yield item
            if (cursor := page.next_cursor) is None:
                return

    async def candles(
        self,
        symbol: str,
        interval: str = "1m",
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> CandlePage:
        """Return candles that begin in a time, oldest first: 1m, 5m, 15m, 1h, 4h or 1d.

        Without `since` the newest. An answer has 1,500 at most, and says which are missing.
        """
        call = market_calls.list_candles(symbol, interval, since, until, limit)
        return await self._client.send(call)

    async def symbols(self) -> AsyncIterator[SymbolDocument]:
        """Yield what has prices, with the newest, page after page."""
        cursor: str | int | None = None
        while True:
            page = await self._client.send(market_calls.list_symbols(cursor))
            for item in page.items:
                yield item
            if (cursor := page.next_cursor) is None:
                return
