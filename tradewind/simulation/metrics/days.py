"""The daily values of a run, from the days that its equity rows carry."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final

from tradewind.contracts.backtests.results import Month
from tradewind.simulation.metrics.ratios import Undefined, shown
from tradewind.simulation.records import DayEnd, EquityRow

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def days_of(rows: Iterable[EquityRow]) -> list[DayEnd]:
    """Return the days of a run in order: the last equity of each, and all its trades.

    A day that two slices share is in the rows of both.
    """
    found: list[DayEnd] = []
    for row in rows:
        for day in row.days:
            if found and found[-1].day == day.day:
                trades = found[-1].trades + day.trades
                found[-1] = DayEnd(day.day, day.equity, trades)
            else:
                found.append(day)
    return found


def returns_of(start: int, days: Sequence[DayEnd]) -> list[float]:
    """Return each day's return; days without a bar are left out.

    `start` is in base units of quote. It ends where equity is gone, as nothing is earned on
    nothing.
    """
    found, before = [], start
    for day in days:
        if before <= 0:
            break
        found.append(day.equity / before - 1.0)
        before = day.equity
    return found


def months_of(start: int, days: Sequence[DayEnd]) -> tuple[Month, ...]:
    """Return the calendar months of a run; their returns compound to the run's."""
    found, before = [], start
    for name, group in groupby(days, key=_month):
        inside = list(group)
        end = inside[-1].equity
        try:
            change = shown(end / before - 1.0) if before > 0 else None
        except Undefined:
            change = None
        trades = sum(day.trades for day in inside)
        found.append(Month(month=name, total_return=change, trades=trades))
        before = end
    return tuple(found)


def _month(day: DayEnd) -> str:
    return (EPOCH + timedelta(days=day.day)).strftime("%Y-%m")
