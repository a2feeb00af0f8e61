"""One back-test, measured from its candles to its hash: `python -m loadtest.bench.backtest_run`."""

import json
import sys
import time
from datetime import timedelta
from typing import Final

import numpy as np

from loadtest.bench.backtest_peers.measuring import peak_mib
from loadtest.bench.candles import MINUTE_MS, START_MS, random_prices
from tradewind.contracts.backtests.model import Manifest, Run
from tradewind.contracts.backtests.payloads import RunState
from tradewind.contracts.backtests.results import Results
from tradewind.simulation.engine import ENGINE
from tradewind.simulation.finish import results_of, sampled_numbers
from tradewind.simulation.inputs import Candles, RunInputs
from tradewind.simulation.manifests import tokens_sha256
from tradewind.simulation.records import EquityRow, TradeRecord
from tradewind.simulation.run import run_slice
from tradewind.simulation.slices import slices_of
from tradewind.simulation.strategies.loading import load
from tradewind.trading.marketdata.intervals import from_milliseconds
from tradewind.trading.tokens import load_tokens

INSTRUMENT: Final = "ethereum-WETH-USDC"
TIERS: Final = (
    {"fee_pips": 10, "depth_usd": "40000000"},
    {"fee_pips": 500, "depth_usd": "40000000"},
    {"fee_pips": 3_000, "depth_usd": "9000000"},
)
FEW_BARS: Final = 2_000
BOTTOMLESS: Final = ({"fee_pips": 10, "depth_usd": "1000000000000000"},)
"""Its price moves by less than a base unit of quote."""
MARKETS: Final = {
    "tiers": (TIERS, {"gas_price_wei": "1000000"}),
    "flat": (BOTTOMLESS, {"gas_price_wei": "0", "latency_ms": 0}),
}


def candles_of(bars: int) -> Candles:
    """Return the candles that all tools are given."""
    times = START_MS + MINUTE_MS * np.arange(bars, dtype=np.int64)
    return Candles(INSTRUMENT, MINUTE_MS, 2, times, *random_prices(bars), np.ones(bars))


def manifest_of(bars: int, model: str) -> Manifest:
    """Return the manifest of a run: of `tiers` or of `flat`."""
    pools, execution = MARKETS[model]
    begin = from_milliseconds(START_MS)
    fields = {
        "strategy": {"kind": "strategy", "name": "ema_cross", "params": {"fast": 9, "slow": 21}},
        "instruments": (INSTRUMENT,),
        "from": begin,
        "to": begin + timedelta(minutes=bars),
        "data": {"kind": "candles", "dataset": "ds-0123456789abcdef", "interval": "1m"},
        "market": {"kind": "constant", "pools": pools},
        "execution": execution,
        "portfolio": {"USDC": "10000"},
    }
    tokens = tokens_sha256(load_tokens())
    return Manifest(
        run=Run.model_validate(fields),
        engine=ENGINE,
        package="bench",
        tokens_sha256=tokens,
        bars_total=bars,
    )


def run_once(bars: int, model: str) -> Results:
    """Return the results of a run, which remember no trades."""
    return timed(bars, model)[1]


def timed(bars: int, model: str) -> tuple[float, Results]:
    """Return the CPU seconds from candles in memory to results, and these."""
    candles, manifest = candles_of(bars), manifest_of(bars, model)
    strategy = load("ema_cross")
    inputs = RunInputs(load_tokens(), {INSTRUMENT: candles}, strategy=strategy)
    begun = time.process_time()
    state: RunState | None = None
    equity: list[EquityRow] = []
    sampled: list[TradeRecord] = []
    for piece in slices_of(manifest):
        made = run_slice(manifest, inputs, state, piece.number)
        state = made.state
        equity += made.equity
        # As the role does: a slice's trades are stored, and only those of the sample come back.
        sampled += [*made.trades[:80], *made.trades[-20:]]
    assert state is not None
    wanted = set(sampled_numbers(manifest, state))
    results = results_of(manifest, state, equity, [one for one in sampled if one.number in wanted])
    return time.process_time() - begun, results


def main() -> None:
    """Run once and print what it took as JSON, after a few bars that import what a run needs."""
    first, _ = timed(FEW_BARS, sys.argv[2])
    took, results = timed(int(sys.argv[1]), sys.argv[2])
    document = {
        "cpu_seconds": took,
        "first_cpu_seconds": first,
        "peak_mib": peak_mib(),
        "orders": results.metrics.trades,
        "end_equity": str(results.metrics.end_equity),
    }
    sys.stdout.write(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
