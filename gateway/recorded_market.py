"""Describes what routes read of recorded prices, so that tests can bring their own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from tradewind.trading.ticks.reader import (
    Named,
    RecordedCandle,
    RecordedSymbol,
    RecordedTick,
    Stretch,
    TickPlace,
)


class RecordedPrices(Protocol):
    """Finds ticks and candles; TransientError while it cannot."""

    async def ticks(
        self, instrument: str, since: datetime, until: datetime, before: TickPlace, limit: int
    ) -> Sequence[RecordedTick]: ...

    async def candles(
        self, instrument: str, wanted: Stretch, now: datetime
    ) -> list[RecordedCandle]: ...

    async def first_candle(self, instrument: str, interval_seconds: int) -> datetime | None: ...


class RecordedMarket(RecordedPrices, Protocol):
    """Finds instruments as well."""

    async def named(self, name: str) -> Named | None: ...

    async def symbols(self, after: str, limit: int) -> Sequence[RecordedSymbol]: ...
