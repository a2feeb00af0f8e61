"""Prices of the platform's own chain: what its pools say a coin's token is worth."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from tradewind.runtime import connect
from tradewind.settings import NatsSettings, TokenSettings, load
from tradewind.trading.marketdata.perpetuals import Perpetuals
from tradewind.trading.pricing.pools.open_market import open_market
from tradewind.trading.pricing.pools.pool_view import MarketNotLoaded, PoolView
from tradewind.trading.pricing.pools.price_quote import NoPrice

PAUSE_SECONDS: Final = 0.1


class PoolPrices:
    """Prices in US dollars by coin; one that the pools give no price for is left out."""

    def __init__(self, view: PoolView, perpetuals: Perpetuals) -> None:
        self._view = view
        self._tokens = {
            one.coin: (one.instrument.split("-")[0], one.base) for one in perpetuals.perpetuals
        }

    def __call__(self) -> Mapping[str, float]:
        """Return the prices as they are now; none while the pools have not arrived."""
        prices: dict[str, float] = {}
        for coin, (chain, symbol) in self._tokens.items():
            try:
                quote = self._view.price_usd_of_symbol(chain, symbol)
            except MarketNotLoaded:
                return {}
            if not isinstance(quote, NoPrice):
                prices[coin] = float(quote.price_usd)
        return prices

    async def wait(self, seconds: float) -> bool:
        """Return whether there were prices within a time."""
        for _ in range(round(seconds / PAUSE_SECONDS)):
            if self():
                return True
            await asyncio.sleep(PAUSE_SECONDS)
        return False


@asynccontextmanager
async def pool_prices(perpetuals: Perpetuals) -> AsyncIterator[PoolPrices]:
    """Follow the bucket of pool snapshots while the block runs."""
    nats_url, tokens_file = load(NatsSettings).nats_url, load(TokenSettings).tokens_file
    async with (
        await connect(nats_url, name="simulated-hyperliquid") as connection,
        open_market(connection, tokens_file, rust_engine_enabled=False) as view,
    ):
        yield PoolPrices(view, perpetuals)
