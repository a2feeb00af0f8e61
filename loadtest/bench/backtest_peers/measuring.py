"""What the peers share: the candles, the cross, and how a run is measured. It needs numpy only."""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from loadtest.bench.candles import MINUTE_MS, PRICE_UNIT, START_MS

FAST: Final = 9
SLOW: Final = 21
FEE: Final = 0.000_01
CASH: Final = 10_000.0

type Floats = npt.NDArray[np.float64]


class Columns(NamedTuple):
    """Prices in whole quote, and when each bar opens."""

    times_ms: npt.NDArray[np.int64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats


class Outcome(NamedTuple):
    """What a run came to."""

    orders: int
    end_equity: float


def read(path: str) -> Columns:
    """Return the candles of a file."""
    prices = np.load(path).astype(np.float64) / PRICE_UNIT
    times = START_MS + MINUTE_MS * np.arange(prices.shape[1], dtype=np.int64)
    return Columns(times, *prices)


def crosses(close: Floats) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return at which closes the averages cross upwards and downwards, as `ema_cross` does."""
    import talib

    is_above = talib.EMA(close, FAST) > talib.EMA(close, SLOW)
    is_above[:SLOW] = False
    before = np.concatenate(([False], is_above[:-1]))
    return is_above & ~before, before & ~is_above


def measure(prepare: Callable[[Columns], Callable[[], Outcome]]) -> None:
    """Run what `prepare` returns ROUNDS times on the candles of the command line; print the best.

    The first of several rounds compiles and is told apart: it is no candidate.
    """
    columns, rounds = read(sys.argv[1]), int(sys.argv[2])
    run = prepare(columns)
    took: list[float] = []
    outcome = Outcome(0, 0.0)
    for _ in range(rounds):
        begun = time.process_time()
        outcome = run()
        took.append(time.process_time() - begun)
    document: dict[str, Any] = {
        "cpu_seconds": min(took[1:] or took),
        "first_cpu_seconds": took[0],
        "peak_mib": peak_mib(),
        "orders": int(outcome.orders),
        "end_equity": repr(float(outcome.end_equity)),
    }
    sys.stdout.write(json.dumps(document) + "\n")


def peak_mib() -> float:
    """Return the most memory this program had; the kernel's other count includes its parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1_024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
