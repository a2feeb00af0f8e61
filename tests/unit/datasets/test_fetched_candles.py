"""Candles of the provider: page by page, no more than it has, never the open one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulators.hyperliquid.answers import Answers
from simulators.hyperliquid.market import SimulatedMarket
from tradewind.datasets.candles import whole
from tradewind.datasets.errors import DatasetRefused
from tradewind.datasets.fetch.hyperliquid import CandleFetcher
from tradewind.trading.marketdata.errors import ProviderUnavailable
from tradewind.trading.marketdata.weight import MemoryWeight, WeightBudget

NOW = datetime(2026, 11, 29, 10, 7, 30, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1_000)


class Provider:
    """The simulated exchange, and what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self._answers = Answers(SimulatedMarket(7, NOW.timestamp), NOW.timestamp)

    async def ask(self, body: dict[str, Any]) -> Any:
        self.asked.append(body)
        return self._answers.of(body)

    def fetcher(self) -> CandleFetcher:
        return CandleFetcher(self.ask, WeightBudget(MemoryWeight(), 300), 0.0)


async def test_all_that_there_is_and_not_what_is_open() -> None:
    provider = Provider()
    counts: list[int] = []

    fetched = await provider.fetcher().fetch("ETH", "1m", None, NOW, counts.append)

    made = whole([fetched.frame], "1m", NOW_MS)
    assert len(made.frame) == 5_000
    assert made.frame["time"][-1] == datetime(2026, 11, 29, 10, 6, tzinfo=UTC)
    assert counts == [2_500, 5_000]
    assert fetched.notes == made.notes == []


async def test_what_the_provider_has_not_is_said() -> None:
    fetched = await Provider().fetcher().fetch("ETH", "1m", NOW - timedelta(days=4), NOW)

    assert len(fetched.frame) == 5_000
    assert [(note.code, note.rows) for note in fetched.notes] == [("not_available", 760)]


async def test_a_part_is_asked_for_once() -> None:
    provider = Provider()

    fetched = await provider.fetcher().fetch("ETH", "1h", NOW - timedelta(hours=5), NOW)

    assert len(fetched.frame) == 4
    assert len(provider.asked) == 1


async def test_prices_are_those_that_the_provider_wrote() -> None:
    provider = Provider()
    fetched = await provider.fetcher().fetch("ETH", "1h", NOW - timedelta(hours=5), NOW)
    request = provider.asked[0]["req"]
    rows = await provider.ask({"type": "candleSnapshot", "req": request})

    for column, key in (("open", "o"), ("high", "h"), ("low", "l"), ("close", "c")):
        kept = [f"{value:f}".rstrip("0").rstrip(".") for value in fetched.frame[column]]
        assert kept == [row[key].removesuffix(".0") for row in rows][: len(kept)]


async def test_nothing_and_nonsense_are_errors() -> None:
    with pytest.raises(DatasetRefused, match="no candles of NOCOIN"):
        await Provider().fetcher().fetch("NOCOIN", "1d", None, NOW)

    async def nonsense(body: dict[str, Any]) -> Any:
        return [{"t": "yesterday"}]

    with pytest.raises(ProviderUnavailable, match="nonsense"):
        budget = WeightBudget(MemoryWeight(), 300)
        await CandleFetcher(nonsense, budget, 0.0).fetch("ETH", "1d", None, NOW)
