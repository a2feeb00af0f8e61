"""What a strategy said, checked: where it acts, which way and how much."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from typing import Any, Final

import numpy as np

from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.contracts.precision import EXACT
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.inputs import ACQUIRE, CLOSE, DISPOSE, IntColumn, SideColumn

SIDES: Final = {"acquire": ACQUIRE, "dispose": DISPOSE, "close": CLOSE}
MAX_SIZE: Final = Decimal(10) ** 40


@dataclass(frozen=True, slots=True)
class Signals:
    """Signals of one instrument, ascending by row of its candles."""

    rows: IntColumn
    sides: SideColumn
    sizes: Sequence[Decimal | None] | None = None
    limit_prices: Sequence[Decimal | None] | None = None
    """Of a file of signals; None where no order has one."""

    def __len__(self) -> int:
        return len(self.rows)

    def between(self, first: int, end: int) -> "Signals":
        """Return those at rows from `first` to before `end`."""
        low, high = np.searchsorted(self.rows, (first, end))
        sizes = None if self.sizes is None else self.sizes[low:high]
        limits = None if self.limit_prices is None else self.limit_prices[low:high]
        return Signals(self.rows[low:high], self.sides[low:high], sizes, limits)

    def digest(self) -> bytes:
        """Return the SHA-256 of all of them."""
        found = hashlib.sha256(self.rows.astype("<i8").tobytes())
        found.update(self.sides.astype("<i1").tobytes())
        found.update(_joined(self.sizes))
        if self.limit_prices is not None:
            found.update(b"#" + _joined(self.limit_prices))
        return found.digest()

    def difference(self, other: "Signals") -> int | None:
        """Return the first row at which the two say different things; None where they are equal."""
        common = min(len(self), len(other))
        same = (self.rows[:common] == other.rows[:common]) & (
            self.sides[:common] == other.sides[:common]
        )
        places = [int(np.argmin(same))] if common and not same.all() else []
        if self.sizes is not None or other.sizes is not None:
            places += [i for i in range(common) if _size(self, i) != _size(other, i)][:1]
        if len(self) != len(other):
            places.append(common)
        if not places:
            return None
        place = min(places)
        return min(int(one.rows[place]) for one in (self, other) if place < len(one))


def _joined(numbers: Sequence[Decimal | None] | None) -> bytes:
    return "|".join("" if one is None else f"{one:f}" for one in numbers or ()).encode()


def _size(signals: Signals, place: int) -> Decimal | None:
    return None if signals.sizes is None else signals.sizes[place]


def checked(found: Any, bars: int) -> Signals:
    """Return what a `signals` function gave; SimulationFailed names what is wrong with it.

    It gives three columns: indices of bars, ascending, each once; sides as words or as the numbers
    of `inputs`; sizes, None for all or for some.
    """
    if not isinstance(found, tuple | list) or len(found) != 3:
        raise invalid("a strategy returns (indices, sides, sizes)")
    rows = _rows(found[0], bars)
    sides = _sides(found[1], len(rows))
    return Signals(rows, sides, _sizes(found[2], len(rows)))


def invalid(detail: str, at: str | None = None) -> SimulationFailed:
    """Return the error of signals that cannot be used."""
    return SimulationFailed(BacktestFailure.INVALID_SIGNALS, detail, at)


def _rows(found: Any, bars: int) -> IntColumn:
    rows = np.asarray(found)
    if rows.size == 0:
        return np.zeros(0, np.int64)
    if rows.ndim != 1:
        raise invalid("indices: must be one column")
    if rows.dtype.kind == "f" and not np.isfinite(rows).all():
        raise invalid(f"indices: {int(np.argmin(np.isfinite(rows)))} is not finite")
    if rows.dtype.kind not in "iu":
        raise invalid("indices: must be integers")
    rows = rows.astype(np.int64)
    wrong = np.diff(rows) <= 0
    if wrong.any():
        place = int(np.argmax(wrong)) + 1
        what = "twice" if rows[place] == rows[place - 1] else "out of order"
        raise invalid(f"indices: {int(rows[place])} is there {what}", f"bar {int(rows[place])}")
    if rows[0] < 0 or rows[-1] >= bars:
        raise invalid(f"indices: must be from 0 to {bars - 1}")
    return rows


def _sides(found: Any, length: int) -> SideColumn:
    sides = np.asarray(found)
    if sides.shape != (length,):
        raise invalid(f"sides: {sides.shape} values for {length} indices")
    if length == 0:
        return np.zeros(0, np.int8)
    if sides.dtype.kind in "UO":
        try:
            return np.array([SIDES[str(one)] for one in sides], np.int8)
        except KeyError as error:
            raise invalid(f"sides: {error} is none of {', '.join(SIDES)}") from None
    if sides.dtype.kind not in "iu" or not np.isin(sides, (ACQUIRE, DISPOSE, CLOSE)).all():
        raise invalid("sides: must be 1 (acquire), -1 (dispose) or 0 (close)")
    return sides.astype(np.int8)


def _sizes(found: Any, length: int) -> tuple[Decimal | None, ...] | None:
    if found is None:
        return None
    if len(found) != length:
        raise invalid(f"sizes: {len(found)} values for {length} indices")
    known: dict[Any, Decimal | None] = {None: None}
    sizes = []
    for one in found.tolist() if isinstance(found, np.ndarray) else found:
        if one not in known:
            known[one] = size_of(one)
        sizes.append(known[one])
    return tuple(sizes)


def size_of(value: Any) -> Decimal:
    """Return a size that a strategy gave; SimulationFailed unless it is positive and finite."""
    try:
        size = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        raise invalid(f"sizes: {value!r} is no number") from None
    if not size.is_finite() or not 0 < size <= MAX_SIZE:
        raise invalid(f"sizes: {value!r} is not positive and finite")
    return size


def scaled(size: Decimal, unit: int) -> int:
    """Return a size in parts of a unit, rounded down."""
    exact = EXACT.multiply(size, Decimal(unit))
    return int(exact.to_integral_value(ROUND_FLOOR, context=EXACT))
