"""Reads pages of the provider's candles: for histories, which are longer than what is kept."""

from decimal import Decimal
from typing import Final, NamedTuple

from tradewind.trading.marketdata.answers import read_candle_rows

HISTORY_CANDLES: Final = 5_000
"""The provider has no older ones of any interval."""


class ClosedCandle(NamedTuple):
    """A candle as the provider wrote it."""

    open_time_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


def read_closed(
    answer: object, coin: str, interval: str, start_ms: int, end_ms: int
) -> list[ClosedCandle]:
    """Return the candles that open within a range of time; ValueError for nonsense.

    The range ends before the candle that is open, which an answer may have all the same.
    """
    rows = read_candle_rows(answer, coin, interval)
    return [
        ClosedCandle(row.t, row.o, row.h, row.l, row.c, row.v)
        for row in rows
        if start_ms <= row.t <= end_ms
    ]
