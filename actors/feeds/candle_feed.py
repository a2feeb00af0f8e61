"""Reads candles once after each close, over HTTP, and keeps the newest 250 of each series."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Final

import structlog

from actors.feeds.coins import FollowedCoins
from actors.feeds.lease import FeedLease
from actors.feeds.snapshot_writer import SnapshotWriter
from tradewind.contracts.market.model import CandleSeries, ObservedCandles
from tradewind.runtime import clock
from tradewind.runtime.loops import beat
from tradewind.trading.marketdata.errors import WeightSpent
from tradewind.trading.marketdata.hyperliquid import HyperliquidClient
from tradewind.trading.marketdata.intervals import length_of, open_of, to_milliseconds
from tradewind.trading.marketdata.metrics import GAPS

STEP_SECONDS: Final = 1.0
KEPT_CANDLES: Final = 250
"""After so many, an EMA of 50 depends on what came before by less than a millionth."""
OVERLAP_CANDLES: Final = 5
"""A quiet candle may turn up late."""
FIRST_DELAY_SECONDS: Final = 2.0
MAX_DELAY_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 6.0
MAX_RETRIES: Final = 5

logger = structlog.get_logger("feeds")


@dataclass
class _Series:
    coin: str
    interval: str
    due_at: datetime
    known: ObservedCandles | None = None
    retries: int = 0
    is_gap_named: bool = False


class CandleFeed:
    """Knows when each series is due. `step` reads what is, one after the other."""

    def __init__(
        self,
        intervals: tuple[str, ...],
        client: HyperliquidClient,
        coins: FollowedCoins,
        lease: FeedLease,
        writer: SnapshotWriter,
        kept: Callable[[str, str], ObservedCandles | None],
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Take what reads the series that the bucket has, of a feed that worked before."""
        self._intervals = intervals
        self._client = client
        self._coins = coins
        self._lease = lease
        self._writer = writer
        self._kept = kept
        self._now = now
        self._series: dict[tuple[str, str], _Series] = {}

    async def step(self) -> None:
        """Read what is due; ProviderUnavailable, and the rest next time."""
        if not self._lease.is_held:
            self._series = {}
            return
        self._plan(await self._coins.get())
        for series in sorted(self._series.values(), key=lambda one: one.due_at):
            if series.due_at > self._now() or not self._lease.is_held:
                break
            beat()
            try:
                await self._read(series)
            except WeightSpent as full:
                series.due_at = self._now() + timedelta(seconds=full.seconds)

    def _plan(self, coins: tuple[str, ...]) -> None:
        wanted = [(coin, interval) for coin in coins for interval in self._intervals]
        for key in self._series.keys() - set(wanted):
            del self._series[key]
        for key in wanted:
            if key not in self._series:
                self._series[key] = self._begin(*key)

    def _begin(self, coin: str, interval: str) -> _Series:
        """Return a series that is due at once, unless the bucket has its newest candle."""
        known = self._kept(coin, interval)
        if known is not None and known.provider != self._client.provider:
            known = None
        series = _Series(coin, interval, self._now(), known)
        if known is not None:
            self._writer.take(known)
            if self._is_complete(known.candles):
                series.due_at = self._next_due(series)
        return series

    async def _read(self, series: _Series) -> None:
        found = await self._client.get_ohlcv(series.coin, series.interval, self._count(series))
        if found is not None:
            merged = _merged(series.known, found)
            series.known = merged
            self._writer.take(merged)
            self._name_gap(series, merged.candles.gaps)
        is_late = found is None or not self._is_newest(found.candles)
        if is_late and series.retries < MAX_RETRIES:
            series.retries += 1
            series.due_at = self._now() + timedelta(seconds=RETRY_SECONDS)
            return
        series.retries = 0
        series.due_at = self._next_due(series)

    def _count(self, series: _Series) -> int:
        """Return how many candles to ask for: the few that are new, or all where some lack."""
        if series.known is None:
            return KEPT_CANDLES
        candles = series.known.candles
        if candles.gaps or len(candles.close) < KEPT_CANDLES:
            return KEPT_CANDLES
        opened_ms = to_milliseconds(open_of(series.interval, self._now()))
        missing = (opened_ms - candles.last_close_ms) // candles.interval_ms
        return min(KEPT_CANDLES, max(0, missing) + OVERLAP_CANDLES)

    def _is_complete(self, candles: CandleSeries) -> bool:
        is_whole = not candles.gaps and len(candles.close) >= KEPT_CANDLES
        return is_whole and self._is_newest(candles)

    def _is_newest(self, candles: CandleSeries) -> bool:
        opened = open_of(candles.interval, self._now())
        return candles.last_close_ms >= to_milliseconds(opened)

    def _next_due(self, series: _Series) -> datetime:
        """Return some seconds after the next close, for each series others."""
        closes_at = open_of(series.interval, self._now()) + length_of(series.interval)
        name = f"{series.coin} {series.interval}".encode()
        share = int.from_bytes(blake2b(name, digest_size=2).digest()) / 65_536
        delay = FIRST_DELAY_SECONDS + share * (MAX_DELAY_SECONDS - FIRST_DELAY_SECONDS)
        return closes_at + timedelta(seconds=delay)

    def _name_gap(self, series: _Series, gaps: int) -> None:
        if gaps and not series.is_gap_named:
            GAPS.labels(series.interval).inc()
            logger.warning(
                "candles are missing", coin=series.coin, interval=series.interval, missing=gaps
            )
        series.is_gap_named = bool(gaps)


def _merged(known: ObservedCandles | None, found: ObservedCandles) -> ObservedCandles:
    """Return the newest of both, where the later word counts."""
    if known is None:
        return found
    rows = {row[0]: row for series in (known.candles, found.candles) for row in _rows(series)}
    columns = zip(*(rows[opened] for opened in sorted(rows)[-KEPT_CANDLES:]), strict=True)
    names = ("open_times_ms", "open", "high", "low", "close", "volume")
    merged = CandleSeries(
        coin=found.candles.coin,
        interval=found.candles.interval,
        **dict(zip(names, columns, strict=True)),
    )
    return found.model_copy(update={"candles": merged.newest(KEPT_CANDLES)})


def _rows(series: CandleSeries) -> list[tuple[Any, ...]]:
    return list(
        zip(
            series.open_times_ms,
            series.open,
            series.high,
            series.low,
            series.close,
            series.volume,
            strict=True,
        )
    )
