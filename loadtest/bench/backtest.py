"""Measures a back-test: an EMA cross over minute candles, with metrics and hashes, in a process."""

import json
import subprocess
import sys
from typing import Final, NamedTuple

from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.run import Run

NAME: Final = "backtest"
BARS: Final = 1_000_000
ROUNDS: Final = 3
TIMEOUT_SECONDS: Final = 300
MAX_PEAK_MIB: Final = 300


class Measured(NamedTuple):
    """The best of the rounds."""

    cpu_seconds: float
    peak_mib: float
    trades: int
    end_equity: str


def run(run: Run) -> list[Finding]:
    """Return bars per CPU second and the peak of memory, with three fee tiers and gas."""
    rounds = [measured(BARS) for _ in range(ROUNDS)]
    best = min(rounds, key=lambda one: one.cpu_seconds)
    label = f"{BARS} bars, {best.trades} trades"
    return [
        Finding(NAME, f"ours, {label}", BARS / best.cpu_seconds, "bars/CPU s", None),
        Finding(NAME, f"ours, peak, {label}", best.peak_mib, "MiB", Budget(MAX_PEAK_MIB)),
    ]


def measured(bars: int, tiers: int = 3) -> Measured:
    """Return one run in a process of its own; BenchmarkFailed where it fails."""
    command = [sys.executable, "-m", "loadtest.bench.backtest_run", str(bars), str(tiers)]
    done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
    if done.returncode:
        raise BenchmarkFailed(done.stderr.decode()[-500:])
    return Measured(**json.loads(done.stdout.splitlines()[-1]))
