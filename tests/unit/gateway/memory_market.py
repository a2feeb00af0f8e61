"""Recorded prices in memory."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tradewind.trading.ticks.reader import (
    Named,
    RecordedCandle,
    RecordedSymbol,
    RecordedTick,
    Stretch,
    TickPlace,
)

KEY, SYMBOL = "ethereum-WETH-USDC", "WETH/USDC"
NEWEST = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TICKS = [
    RecordedTick(NEWEST - number * MINUTE, 9 - number, Decimal(3_000 + number), "pools", 7, None)
    for number in range(5)
]


class MemoryMarket:
    """One instrument; `error` is raised by every question."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.missing: set[datetime] = set()
        self.asked: list[Stretch] = []

    async def named(self, name: str) -> Named | None:
        self._fail()
        return Named(KEY, SYMBOL) if name in (KEY, SYMBOL) else None

    async def symbols(self, after: str, limit: int) -> list[RecordedSymbol]:
        self._fail()
        price = TICKS[0].price
        keys = [key for key in ("ethereum-DAI-USDC", KEY) if key > after]
        first, last = TICKS[-1].time, TICKS[0].time
        return [
            RecordedSymbol(key, f"{base}/{quote}", base, quote, ["pools"], first, last, price)
            for key in keys[:limit]
            for _, base, quote in [key.split("-")]
        ]

    async def ticks(
        self, instrument: str, since: datetime, until: datetime, before: TickPlace, limit: int
    ) -> list[RecordedTick]:
        self._fail()
        found = [
            one for one in TICKS if since <= one.time < until and (one.time, one.sequence) < before
        ]
        return found[:limit]

    async def candles(
        self, instrument: str, wanted: Stretch, now: datetime
    ) -> list[RecordedCandle]:
        self._fail()
        self.asked.append(wanted)
        length = timedelta(seconds=wanted.interval_seconds)
        begins = [
            wanted.since + number * length
            for number in range((wanted.until - wanted.since) // length)
        ]
        one = Decimal(1)
        return [
            RecordedCandle(begin, one, one, one, one, None, 1, begin + length <= now)
            for begin in begins
            if begin not in self.missing
        ]

    async def first_candle(self, instrument: str, interval_seconds: int) -> datetime | None:
        self._fail()
        return datetime(2026, 1, 1, tzinfo=UTC)

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error
