"""What a run reads, in memory: candles, signals, recorded flows, pool states, tokens.

Nothing here opens a file or a connection; `tradewind.datasets` and the roles fill it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from tradewind.contracts.instruments.payloads import PoolObserved
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.trading.tokens import TokenRegistry

if TYPE_CHECKING:
    from tradewind.simulation.strategies.loading import Strategy

IntColumn = npt.NDArray[np.int64]
FloatColumn = npt.NDArray[np.float64]
SideColumn = npt.NDArray[np.int8]
Side = Literal["acquire", "dispose"]

ACQUIRE: Final = 1
DISPOSE: Final = -1
CLOSE: Final = 0
"""Sell all that is held. The three are the values of a `SideColumn`."""
MAX_PRICE_DECIMALS: Final = 18
COLUMNS: Final = ("open_times_ms", "open", "high", "low", "close", "volume")
"""Of candles."""


class InvalidColumns(ValueError):
    """Columns contradict each other; the text names the column and the first place."""


@dataclass(frozen=True)
class Candles:
    """Closed candles of one instrument, oldest first, without duplicates; gaps are left out.

    Prices are units of quote per whole base, times 10**price_decimals.
    """

    instrument: str
    interval_ms: int
    price_decimals: int
    open_times_ms: IntColumn
    """Unix milliseconds, UTC."""
    open: IntColumn
    high: IntColumn
    low: IntColumn
    close: IntColumn
    volume: FloatColumn
    """In whole base."""

    def __len__(self) -> int:
        return len(self.open_times_ms)

    @cached_property
    def opens(self) -> FloatColumn:
        """Opening prices for indicators."""
        return self._prices(self.open)

    @cached_property
    def highs(self) -> FloatColumn:
        """Highest prices for indicators."""
        return self._prices(self.high)

    @cached_property
    def lows(self) -> FloatColumn:
        """Lowest prices for indicators."""
        return self._prices(self.low)

    @cached_property
    def closes(self) -> FloatColumn:
        """Closing prices for indicators."""
        return self._prices(self.close)

    @cached_property
    def close_times_ms(self) -> IntColumn:
        """When each candle was complete."""
        return self.open_times_ms + self.interval_ms

    def until(self, bars: int) -> "Candles":
        """Return the history that ends after this many bars, which shares the columns.

        Those for indicators too, where they were computed: a price is the same float in both.
        """
        columns = (getattr(self, name)[:bars] for name in COLUMNS)
        made = Candles(self.instrument, self.interval_ms, self.price_decimals, *columns)
        for name in ("opens", "highs", "lows", "closes"):
            if name in self.__dict__:
                made.__dict__[name] = self.__dict__[name][:bars]
        return made

    def check(self) -> None:
        """InvalidColumns unless the columns are equally long, in order, and prices positive.

        Columns that passed are closed to writing, and are not looked at again.
        """
        assert self._is_checked

    @cached_property
    def _is_checked(self) -> bool:
        _check_candles(self)
        for name in COLUMNS:
            getattr(self, name).flags.writeable = False
        return True

    def _prices(self, column: IntColumn) -> FloatColumn:
        found = column / 10.0**self.price_decimals
        found.flags.writeable = False
        return found


class SignalColumns(NamedTuple):
    """Signals of one instrument that were imported, oldest first."""

    times_ms: IntColumn
    """A signal is acted on at the first close at or after its time."""
    sides: SideColumn
    sizes: Sequence[Decimal | None] | None = None
    """In the run's kind of sizing; None where the run's own size holds."""
    limit_prices: Sequence[Decimal | None] | None = None
    """Units of quote per whole base, pool fees included: a purchase pays at most so much, a sale
    yields at least so much; None where any price will do."""


class PoolHistory(NamedTuple):
    """Every state of a pool in a range of time; the one that holds is the last before a moment."""

    times_ms: IntColumn
    """When each state began, ascending."""
    states: Sequence[PoolSnapshot]

    def at(self, moment_ms: int) -> PoolSnapshot | None:
        """Return the state at a moment; None before the first."""
        place = int(np.searchsorted(self.times_ms, moment_ms, side="right")) - 1
        return self.states[place] if place >= 0 else None


class RecordedFlow(NamedTuple):
    """An intent that the platform decided on, and the markets it was decided and filled at."""

    decided_ms: int
    instrument: str
    side: Side
    amount: int
    """Base units of base."""
    max_slippage: Decimal
    decision_pools: Sequence[PoolSnapshot]
    """Pools of exactly the pair, as risk and planner saw them."""
    arrival_pools: Sequence[PoolSnapshot]
    """The same pools as the venue saw them; those of the decision where it saw none."""
    arrived_ms: int
    gas_price_wei: int | None = None
    """None where the run's own holds."""
    native_price: Decimal | None = None
    """Units of quote per whole native coin; None where the run's pools say so."""
    correlation_id: str | None = None
    """The history it was recorded in, for reports."""


@dataclass(frozen=True)
class RunInputs:
    """All that a run reads. Ranges are those of the whole run, whatever slice is made."""

    tokens: TokenRegistry
    candles: Mapping[str, Candles] = field(default_factory=dict)
    """By instrument."""
    signals: Mapping[str, SignalColumns] = field(default_factory=dict)
    """By instrument, of a signal file."""
    flows: Sequence[RecordedFlow] = ()
    """In the order they were decided."""
    pools: Mapping[str, Sequence[PoolHistory]] = field(default_factory=dict)
    """By instrument, of pool events."""
    shapes: Mapping[str, PoolObserved] = field(default_factory=dict)
    """By content id, of a shaped market."""
    strategy: "Strategy | None" = None
    """Of an installed strategy; None loads it by the manifest's name."""
    rust_engine_enabled: bool = True


def _check_candles(candles: Candles) -> None:
    length, times = len(candles), candles.open_times_ms
    for name in ("open", "high", "low", "close", "volume"):
        if len(getattr(candles, name)) != length:
            raise InvalidColumns(f"{name}: has not as many rows as open_times_ms")
    if not 0 <= candles.price_decimals <= MAX_PRICE_DECIMALS:
        raise InvalidColumns(f"price_decimals: must be 0 to {MAX_PRICE_DECIMALS}")
    if candles.interval_ms <= 0:
        raise InvalidColumns("interval_ms: must be positive")
    _refuse_first("open_times_ms", np.diff(times) <= 0, "is not after the one before", 1)
    for name in ("open", "high", "low", "close"):
        _refuse_first(name, getattr(candles, name) <= 0, "is not positive")
    _refuse_first("volume", ~np.isfinite(candles.volume), "is not finite")


def _refuse_first(name: str, wrong: npt.NDArray[np.bool_], what: str, offset: int = 0) -> None:
    if wrong.any():
        raise InvalidColumns(f"{name}: row {int(np.argmax(wrong)) + offset} {what}")
