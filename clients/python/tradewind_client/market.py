"""What instruments were worth, for programs that wait."""

from collections.abc import Iterator
from datetime import datetime

from tradewind_client import market_calls
from tradewind_client.pages import Sender, each
from tradewind_client.rest_models import CandlePage, SymbolDocument, TickDocument


class Market:
    """Ticks and candles of pairs and perpetuals, by a symbol such as WETH/USDC or a key."""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def ticks(
        self, symbol: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[TickDocument]:
        """Yield prices as they were seen, newest first, page after page."""
        return each(
            self._client, lambda cursor: market_calls.list_ticks(symbol, since, until, cursor)
        )

    def candles(
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
        return self._client.send(call)

    def symbols(self) -> Iterator[SymbolDocument]:
        """Yield what has prices, with the newest, page after page."""
        return each(self._client, lambda cursor: market_calls.list_symbols(cursor))
