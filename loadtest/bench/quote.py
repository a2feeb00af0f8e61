"""Measures one quote: inside Rust, through Python, in a batch, and by the Python engine."""

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.percentiles import median
from loadtest.bench.references import Reference
from loadtest.bench.run import Run
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.trading.pricing.pools.simulated_pools import SimulatedPools
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.pricing.swap.router import PreparedPool, Swap
from tradewind.trading.pricing.swap.tick_math import sqrt_ratio_at_tick
from tradewind.trading.tokens import load_tokens

try:
    from tradewind_router import quote_duration_ns

    from tradewind.trading.pricing.swap.rust_router import RustRouter, native_pool
except ImportError as error:
    _MISSING: ImportError | None = error
else:
    _MISSING = None

NAME: Final = "quote"
_SEED = 17
_BLOCK_NUMBER = 1_800_000_000
_FEE_PIPS = 500
_ROUNDS = 15
_QUOTES = 2_000
_FRESH_POOLS = 200
_LEAST_RATIO = 100
_PER = Reference.MESSAGE
_ALL_OF_IT = 2**128


class _Depth(NamedTuple):
    """A number of initialised ticks to cross, and the budget of a quote that crosses them."""

    label: str
    ticks_crossed: int
    budget: Budget | None


# 1 µs and 5 µs where a message of the raw loop takes 60 µs.
_DEPTHS: Final = (
    _Depth("0 ticks", 0, Budget(0.016)),
    _Depth("1–5 ticks", 3, Budget(0.08)),
    _Depth("6–20 ticks", 20, Budget(0.08)),
    _Depth("over 20 ticks", 30, None),
)


class _Times(NamedTuple):
    """Microseconds per quote."""

    first: float
    again: float
    through_python: float
    batch: float
    python: float


def run(run: Run) -> list[Finding]:
    """Return microseconds of a quote by ticks crossed, and how many times Python takes."""
    if _MISSING:
        raise BenchmarkFailed(f"the Rust extension is not built: {_MISSING}")
    snapshot = _snapshot()
    findings, python, rust = [], 0.0, 0.0
    for depth in _DEPTHS:
        times = _measure(run, snapshot, depth.ticks_crossed)
        findings += _findings(depth, times)
        python, rust = python + times.python, rust + times.again
    budget = Budget(_LEAST_RATIO, at_least=True)
    mixed = Finding(NAME, "Python ÷ Rust, all of these", python / rust, "×", budget)
    return [*findings, mixed, *_prepare_findings(run, snapshot)]


def _findings(depth: _Depth, times: _Times) -> list[Finding]:
    rust = f"{depth.label}, Rust"
    note = f"in a batch {times.batch:.2f} µs each"
    ratio_note = f"Python engine {times.python:.1f} µs"
    return [
        Finding(NAME, f"{rust}, first of a state", times.first, "µs", depth.budget, per=_PER),
        Finding(NAME, f"{rust}, same state again", times.again, "µs", depth.budget, per=_PER),
        Finding(NAME, f"{rust}, through Python", times.through_python, "µs", note=note),
        Finding(
            NAME, f"{depth.label}, Python ÷ Rust", times.python / times.again, "×", note=ratio_note
        ),
    ]


def _prepare_findings(run: Run, snapshot: PoolSnapshot) -> list[Finding]:
    count = run.scaled(_FRESH_POOLS)
    what = f"a snapshot of {len(snapshot.ticks)} ticks made ready"
    rust = _median_us(lambda: _timed(lambda: RustRouter().prepare(snapshot), count))
    python = _median_us(lambda: _timed(lambda: PythonRouter().prepare(snapshot), count))
    return [
        Finding(NAME, f"{what}, Rust", rust, "µs"),
        Finding(NAME, f"{what}, Python", python, "µs"),
    ]


def _measure(run: Run, snapshot: PoolSnapshot, ticks_crossed: int) -> _Times:
    oracle, pool = PythonRouter().prepare(snapshot), RustRouter().prepare(snapshot)
    swap = _swap_crossing(oracle, ticks_crossed)
    if pool.quote(swap) != oracle.quote(swap):
        raise BenchmarkFailed(f"Rust and Python disagree on {swap}")
    fresh, many = run.scaled(_FRESH_POOLS), run.scaled(_QUOTES)
    known = [native_pool(snapshot)]

    def first_ns() -> float:
        return quote_duration_ns([native_pool(snapshot) for _ in range(fresh)], swap, 1)

    return _Times(
        first=_median_us(first_ns),
        again=_median_us(lambda: quote_duration_ns(known, swap, many)),
        through_python=_median_us(lambda: _timed(lambda: pool.quote(swap), many)),
        batch=_median_us(lambda: _timed(lambda: pool.quote_all([swap] * many), 1)) / many,
        python=_median_us(lambda: _timed(lambda: oracle.quote(swap), max(1, many // 50))),
    )


def _median_us(measure_ns: Callable[[], float]) -> float:
    return median([measure_ns() for _ in range(_ROUNDS)]) / 1e3


def _timed(action: Callable[[], object], count: int) -> float:
    """Return nanoseconds per call."""
    started_at = time.perf_counter_ns()
    for _ in range(count):
        action()
    return (time.perf_counter_ns() - started_at) / count


def _snapshot() -> PoolSnapshot:
    """Return the simulated WETH/USDC pool with most ticks."""
    market = SimulatedPools(_SEED, load_tokens(), "ethereum", block_ms=1_000)
    pools = market.snapshots(_BLOCK_NUMBER)
    return max((pool for pool in pools if pool.fee_pips == _FEE_PIPS), key=_tick_count)


def _tick_count(snapshot: PoolSnapshot) -> int:
    return sum(tick.index <= snapshot.tick for tick in snapshot.ticks)


def _swap_crossing(pool: PreparedPool, ticks_crossed: int) -> Swap:
    """Return the sale of token0 that ends half-way behind so many initialised ticks."""
    below = [tick.index for tick in pool.snapshot.ticks if tick.index <= pool.snapshot.tick][::-1]
    edges = [pool.snapshot.tick, *below][ticks_crossed : ticks_crossed + 2]
    limit_x96 = sum(map(sqrt_ratio_at_tick, edges)) // 2
    to_limit = pool.quote(Swap(True, _ALL_OF_IT, sqrt_price_limit_x96=limit_x96))
    swap = Swap(True, to_limit.amount_in)
    if pool.quote(swap).ticks_crossed != ticks_crossed:
        raise BenchmarkFailed(f"no swap crosses {ticks_crossed} ticks")
    return swap
