"""Hyperliquid over HTTP: a MarketData whose answers are shared, and whose weight is limited."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

import aiohttp

from tradewind.contracts.market.model import (
    MAX_CANDLES,
    ObservedBook,
    ObservedCandles,
    ObservedContext,
    PerpContext,
)
from tradewind.contracts.precision import EXACT
from tradewind.runtime import clock
from tradewind.trading.marketdata.answers import read_book, read_candles, read_contexts, sensible
from tradewind.trading.marketdata.errors import ProviderUnavailable, UnknownCoin
from tradewind.trading.marketdata.info_requests import InfoRequests
from tradewind.trading.marketdata.intervals import length_of, open_of, to_milliseconds
from tradewind.trading.marketdata.models import FundingRate, ListedCoin, OpenInterest, Ticker
from tradewind.trading.marketdata.perp_snapshots import funding_of, interest_of
from tradewind.trading.marketdata.settings import ProviderSettings
from tradewind.trading.marketdata.shared_reads import SharedReads
from tradewind.trading.marketdata.weight import HEAVY, LIGHT, WeightBudget, weight_of

HYPERLIQUID: Final = "hyperliquid"
CONTEXT_SECONDS: Final = 5.0
LIST_SECONDS: Final = 3_600.0
"""How long a coin that the list lacks counts as unknown before the list is read again."""
BOOK_SECONDS: Final = 1.0
CANDLES_SECONDS: Final = 5.0
SIGNIFICANT_FIGURES: Final = (None, 2, 3, 4, 5)


class Contexts(NamedTuple):
    """What `metaAndAssetCtxs` says of every coin."""

    listed: dict[str, ListedCoin]
    perps: dict[str, PerpContext]
    observed_at: datetime


class HyperliquidClient:
    """Implements MarketData. Coins are checked against the provider's list before it is asked.

    For a coin it does not list the provider answers `null` or an error 500 that looks as if it
    would pass; after the check neither is about the coin.
    """

    def __init__(
        self,
        requests: InfoRequests,
        budget: WeightBudget,
        now: Callable[[], datetime] = clock.now,
        *,
        provider: str = HYPERLIQUID,
        wait_seconds: float = 0.0,
    ) -> None:
        """Take the name that observations carry, and how long requests may wait for weight."""
        self.provider = provider
        self._requests = requests
        self._budget = budget
        self._now = now
        self._wait_seconds = wait_seconds
        self._contexts: SharedReads[Contexts] = SharedReads(CONTEXT_SECONDS)
        self._books: SharedReads[ObservedBook | None] = SharedReads(BOOK_SECONDS)
        self._candles: SharedReads[ObservedCandles | None] = SharedReads(CANDLES_SECONDS)
        self._was_away = False
        self._listed: dict[str, ListedCoin] = {}
        self._listed_at = datetime.min.replace(tzinfo=UTC)

    async def close(self) -> None:
        """End what is under way."""
        for reads in (self._contexts, self._books, self._candles):
            await reads.close()

    async def contexts(self) -> Contexts:
        """Return what the provider says of all its coins, which is 5 s old at most."""
        return await self._contexts.get("", self._ask_contexts)

    async def get_ticker(self, coin: str) -> Ticker | None:
        """Return the best bid and ask, and the mid between them, in US dollars."""
        book = await self.get_orderbook(coin, None)
        if book is None:
            return None
        bid, ask = book.book.bids[0].price, book.book.asks[0].price
        return Ticker(
            coin=coin,
            bid=bid,
            ask=ask,
            mid=EXACT.multiply(EXACT.add(bid, ask), Decimal("0.5")),
            time_ms=book.book.time_ms,
            observed_at=book.observed_at,
        )

    async def get_ohlcv(self, coin: str, interval: str, limit: int) -> ObservedCandles | None:
        """Return the newest closed candles, `limit` of at most 500."""
        if not 1 <= limit <= MAX_CANDLES:
            raise ValueError(f"limit: must be between 1 and {MAX_CANDLES}")
        length_of(interval)
        await self._check(coin)
        question = (coin, interval, limit)
        return await self._candles.get(question, lambda: self._ask_candles(*question))

    async def get_orderbook(
        self, coin: str, significant_figures: int | None
    ) -> ObservedBook | None:
        """Return up to 20 levels a side, rounded to 2 to 5 significant figures or not at all."""
        if significant_figures not in SIGNIFICANT_FIGURES:
            raise ValueError("significant_figures: must be None or between 2 and 5")
        await self._check(coin)
        question = (coin, significant_figures)
        return await self._books.get(question, lambda: self._ask_book(*question))

    async def get_24h_volume(self, coin: str) -> Decimal | None:
        """Return what was traded in 24 hours, in US dollars."""
        context = await self.context(coin)
        return None if context is None else context.context.day_volume_usd

    async def get_funding_rate(self, coin: str) -> FundingRate | None:
        """Return the fraction for one hour, and when it is due."""
        context = await self.context(coin)
        return None if context is None else funding_of(context)

    async def get_open_interest(self, coin: str) -> OpenInterest | None:
        """Return what is held, in coins and in US dollars at the mark price."""
        context = await self.context(coin)
        return None if context is None else interest_of(context)

    async def get_mark_price(self, coin: str) -> Decimal | None:
        """Return the price that margin is reckoned by, in US dollars."""
        context = await self.context(coin)
        return None if context is None else context.context.mark_price

    async def context(self, coin: str) -> ObservedContext | None:
        """Return the state of a perpetual; None for a delisted one."""
        await self._check(coin)
        contexts = await self.contexts()
        found = contexts.perps.get(coin)
        if found is None:
            return None
        return ObservedContext(
            context=found, observed_at=contexts.observed_at, provider=self.provider
        )

    async def _check(self, coin: str) -> None:
        """Raise UnknownCoin; a name that nobody lists costs weight once an hour at most."""
        is_old = self._now() - self._listed_at > timedelta(seconds=LIST_SECONDS)
        if coin not in self._listed and is_old:
            await self.contexts()
        if coin not in self._listed:
            raise UnknownCoin(f"{coin[:40]!r} is not listed")

    async def _ask_contexts(self) -> Contexts:
        answer, now = await self._ask({"type": "metaAndAssetCtxs"}, HEAVY)
        contexts = sensible(lambda: Contexts(*read_contexts(answer), now))
        self._listed, self._listed_at = contexts.listed, now
        return contexts

    async def _ask_book(self, coin: str, significant_figures: int | None) -> ObservedBook | None:
        body = {"type": "l2Book", "coin": coin, "nSigFigs": significant_figures}
        answer, now = await self._ask(body, LIGHT)
        book = sensible(lambda: read_book(answer, coin))
        if book is None:
            return None
        return ObservedBook(book=book, observed_at=now, provider=self.provider)

    async def _ask_candles(self, coin: str, interval: str, limit: int) -> ObservedCandles | None:
        now = self._now()
        request = {
            "coin": coin,
            "interval": interval,
            "startTime": to_milliseconds(open_of(interval, now) - limit * length_of(interval)),
            "endTime": to_milliseconds(now),
        }
        body = {"type": "candleSnapshot", "req": request}
        # The one that is still open is counted, too.
        answer, _ = await self._ask(body, weight_of("candleSnapshot", limit + 1))
        # What closed on the way is left out: the provider may not have known that it would.
        series = sensible(lambda: read_candles(answer, coin, interval, to_milliseconds(now)))
        if series is None:
            return None
        return ObservedCandles(candles=series, observed_at=now, provider=self.provider)

    async def _ask(self, body: dict[str, Any], weight: int) -> tuple[Any, datetime]:
        """Return an answer, and when it arrived. Whether who was away is back is asked cheaply."""
        if self._was_away:
            await self._send({"type": "exchangeStatus"}, LIGHT)
        answer = await self._send(body, weight)
        return answer, self._now()

    async def _send(self, body: dict[str, Any], weight: int) -> Any:
        await self._budget.spend(weight, wait_seconds=self._wait_seconds)
        try:
            answer = await self._requests.ask(body)
        except ProviderUnavailable:
            self._was_away = True
            raise
        self._was_away = False
        return answer


@asynccontextmanager
async def opened_client(
    settings: ProviderSettings, budget: WeightBudget, *, wait_seconds: float = 0.0
) -> AsyncIterator[HyperliquidClient]:
    """Yield a client of the provider that the settings name."""
    async with aiohttp.ClientSession() as session:
        requests = InfoRequests(
            settings.hyperliquid_url, session, settings.hyperliquid_timeout_seconds
        )
        client = HyperliquidClient(
            requests, budget, provider=settings.market_data_provider, wait_seconds=wait_seconds
        )
        try:
            yield client
        finally:
            await client.close()
