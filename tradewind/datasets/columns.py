"""History as columns: what back-tests read of a dataset. Prices are integers, never floats.

Times are milliseconds since 1970 in UTC and ascend. Nothing here reads a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.contracts.instruments.assets import Asset

ACQUIRE: Final = 1
DISPOSE: Final = -1
CLOSE: Final = 0
SIDE_NUMBERS: Final = {"acquire": ACQUIRE, "dispose": DISPOSE, "close": CLOSE}
"""Sides of signals as they are kept in columns; `close` sells all that is held."""

type Integers = NDArray[np.int64]
type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candles:
    """Closed candles of an instrument, oldest first. A candle without trades may be missing."""

    instrument: str
    """`<chain>-<base>-<quote>`."""
    interval_ms: int
    price_decimals: int
    """Prices are multiplied by ten to this power: quote for a unit of base."""
    open_times_ms: Integers
    open: Integers
    high: Integers
    low: Integers
    close: Integers
    volume: Floats
    """In units of base; 0 where a source has none."""

    def __len__(self) -> int:
        return len(self.open_times_ms)

    def between(self, first: int, last: int) -> "Candles":
        """Return the candles of the indices `first` to before `last`, without copying them."""
        names = ("open_times_ms", "open", "high", "low", "close", "volume")
        return replace(self, **{name: getattr(self, name)[first:last] for name in names})


@dataclass(frozen=True, slots=True)
class SignalColumns:
    """Signals of a file, in the order of their times; equal times in the order of the file."""

    times_ms: Integers
    instruments: tuple[str, ...]
    instrument_numbers: NDArray[np.int32]
    """Of each signal, an index into `instruments`."""
    sides: NDArray[np.int8]
    """ACQUIRE, DISPOSE or CLOSE."""
    sizes: Sequence[Decimal | None]
    """As the run's sizing counts it, a fraction or an amount of base; None takes the run's own."""
    limit_prices: Sequence[Decimal | None]
    """Quote for a unit of base."""
    ids: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.times_ms)


class PoolFacts(NamedTuple):
    """What never changes about a pool. Tokens are in the order of their addresses."""

    address: str
    token0: Asset
    token1: Asset
    fee_pips: int
    tick_spacing: int


type Ticks = tuple[tuple[int, int], ...]
"""Initialised ticks and the liquidity that each adds when the price rises, by ascending index."""


@dataclass(frozen=True, slots=True)
class PoolPast:
    """A pool at the end of every block in which it changed."""

    pool: PoolFacts
    block_numbers: Integers
    times_ms: Integers
    sqrt_prices_x96: Sequence[int]
    ticks: NDArray[np.int32]
    """Of the price."""
    liquidity: Sequence[int]
    ladders: Sequence[Ticks]
    """The initialised ticks, each different state of them once."""
    ladder_numbers: NDArray[np.int32]
    """Of each block, an index into `ladders`."""

    def __len__(self) -> int:
        return len(self.block_numbers)

    def index_at(self, time_ms: int) -> int | None:
        """Return the index of the state that holds at a time; None before the first one."""
        index = int(np.searchsorted(self.times_ms, time_ms, side="right")) - 1
        return index if index >= 0 else None
