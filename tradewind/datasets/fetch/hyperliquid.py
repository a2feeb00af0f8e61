"""Candles of a perpetual from Hyperliquid, which knows the newest 5,000 of each interval only."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

import polars as pl

from tradewind.contracts.market.model import CANDLE_INTERVALS_SECONDS
from tradewind.datasets.errors import DatasetRefused
from tradewind.datasets.exact import to_decimals
from tradewind.datasets.formats.candle_rows import FIRST_ROW
from tradewind.datasets.frames import PRICES
from tradewind.datasets.model import Note
from tradewind.trading.marketdata.answers import sensible
from tradewind.trading.marketdata.candle_history import HISTORY_CANDLES, ClosedCandle, read_closed
from tradewind.trading.marketdata.intervals import open_of, to_milliseconds
from tradewind.trading.marketdata.weight import WeightBudget, weight_of

PAGE_CANDLES: Final = 2_500
"""That are asked for at once: an answer has to fit into a body of bounded size."""

type Ask = Callable[[dict[str, Any]], Awaitable[Any]]


class Fetched(NamedTuple):
    """Candles in the form in which candles of files are made whole."""

    frame: pl.DataFrame
    notes: list[Note]


class CandleFetcher:
    """Asks for candles page by page, oldest first, within the weight that requests may have."""

    def __init__(self, ask: Ask, budget: WeightBudget, wait_seconds: float) -> None:
        self._ask = ask
        self._budget = budget
        self._wait_seconds = wait_seconds

    async def fetch(
        self,
        coin: str,
        interval: str,
        since: datetime | None,
        now: datetime,
        told: Callable[[int], None] = lambda rows: None,
    ) -> Fetched:
        """Return the closed candles from `since` on, or all there are; `told` counts them.

        ProviderUnavailable and ProviderRefused as of the provider's client; DatasetRefused when
        there are none.
        """
        step_ms = CANDLE_INTERVALS_SECONDS[interval] * 1_000
        end_ms = to_milliseconds(open_of(interval, now))
        oldest_ms = end_ms - HISTORY_CANDLES * step_ms
        first_ms = oldest_ms if since is None else -(-to_milliseconds(since) // step_ms) * step_ms
        notes = []
        if first_ms < oldest_ms:
            missing = (oldest_ms - first_ms) // step_ms
            text = f"the provider has the newest {HISTORY_CANDLES:,} candles only"
            notes.append(Note(code="not_available", rows=missing, text=text))
            first_ms = oldest_ms
        rows: list[ClosedCandle] = []
        for start_ms in range(first_ms, end_ms, PAGE_CANDLES * step_ms):
            last_ms = min(start_ms + PAGE_CANDLES * step_ms, end_ms) - 1
            rows += await self._page(coin, interval, start_ms, last_ms)
            told(len(rows))
        if not rows:
            raise DatasetRefused(f"the provider has no candles of {coin} in that time")
        return Fetched(_frame(rows), notes)

    async def _page(
        self, coin: str, interval: str, start_ms: int, end_ms: int
    ) -> list[ClosedCandle]:
        await self._budget.spend(
            weight_of("candleSnapshot", PAGE_CANDLES), wait_seconds=self._wait_seconds
        )
        asked = {"coin": coin, "interval": interval, "startTime": start_ms, "endTime": end_ms}
        answer = await self._ask({"type": "candleSnapshot", "req": asked})
        return sensible(lambda: read_closed(answer, coin, interval, start_ms, end_ms))


def _frame(rows: list[ClosedCandle]) -> pl.DataFrame:
    prices = []
    for name, column in zip(PRICES, range(1, 5), strict=True):
        texts = pl.Series(name, [format(row[column], "f") for row in rows], dtype=pl.String)
        decimals, _ = to_decimals(texts, name, FIRST_ROW)
        prices.append(decimals.alias(name))
    times = pl.Series("time_ms", [row.open_time_ms for row in rows], dtype=pl.Int64)
    volume = pl.Series("volume", [float(row.volume) for row in rows], dtype=pl.Float64)
    return pl.DataFrame([times, *prices, volume])
