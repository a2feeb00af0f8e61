"""The port of market data: the seven questions of seed 003, by the provider's name of a coin.

They return None where the provider is there and has no data, as for a delisted coin. All raise
ProviderUnavailable, WeightSpent, or ProviderRefused, which UnknownCoin is.
"""

from decimal import Decimal
from typing import Protocol

from tradewind.contracts.market.model import ObservedBook, ObservedCandles
from tradewind.trading.marketdata.models import FundingRate, OpenInterest, Ticker


class TradedPrices(Protocol):
    """What is traded and offered."""

    async def get_ticker(self, coin: str) -> Ticker | None:
        """Return the best bid and ask, and the mid between them, in US dollars."""
        ...

    async def get_ohlcv(self, coin: str, interval: str, limit: int) -> ObservedCandles | None:
        """Return the newest closed candles, `limit` at most."""
        ...

    async def get_orderbook(
        self, coin: str, significant_figures: int | None
    ) -> ObservedBook | None:
        """Return up to 20 levels a side, rounded to 2 to 5 significant figures or not at all."""
        ...

    async def get_24h_volume(self, coin: str) -> Decimal | None:
        """Return what was traded in 24 hours, in US dollars."""
        ...


class PerpState(Protocol):
    """What only a perpetual has."""

    async def get_funding_rate(self, coin: str) -> FundingRate | None:
        """Return the fraction for one hour, and when it is due."""
        ...

    async def get_open_interest(self, coin: str) -> OpenInterest | None:
        """Return what is held, in coins and in US dollars at the mark price."""
        ...

    async def get_mark_price(self, coin: str) -> Decimal | None:
        """Return the price that margin is reckoned by, in US dollars."""
        ...


class MarketData(TradedPrices, PerpState, Protocol):
    """All seven."""
