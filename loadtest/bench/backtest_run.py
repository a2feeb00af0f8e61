"""One back-test, measured from its candles to its hash: `python -m loadtest.bench.backtest_run`."""

import json
import resource
import sys
import time
from datetime import timedelta
from typing import Final

import numpy as np

from tradewind.contracts.backtests.model import Manifest, Run
from tradewind.contracts.backtests.payloads import RunState
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
START_MS: Final = 1_704_067_200_000
MINUTE_MS: Final = 60_000
TIERS: Final = (
    {"fee_pips": 10, "depth_usd": "40000000"},
    {"fee_pips": 500, "depth_usd": "40000000"},
    {"fee_pips": 3_000, "depth_usd": "9000000"},
)


def candles_of(bars: int) -> Candles:
    """Return a random walk of two digits, each bar opening where the one before closed."""
    walk = np.random.default_rng(1).normal(0, 0.0005, bars)
    close = np.rint(300_000 * np.exp(np.cumsum(walk))).astype(np.int64)
    opened = np.concatenate((close[:1], close[:-1]))
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    times = START_MS + MINUTE_MS * np.arange(bars, dtype=np.int64)
    return Candles(INSTRUMENT, MINUTE_MS, 2, times, opened, high, low, close, np.ones(bars))


def manifest_of(bars: int, tiers: int) -> Manifest:
    """Return the manifest of the run."""
    begin = from_milliseconds(START_MS)
    fields = {
        "strategy": {"kind": "strategy", "name": "ema_cross", "params": {"fast": 9, "slow": 21}},
        "instruments": (INSTRUMENT,),
        "from": begin,
        "to": begin + timedelta(minutes=bars),
        "data": {"kind": "candles", "dataset": "ds-0123456789abcdef", "interval": "1m"},
        "market": {"kind": "constant", "pools": TIERS[:tiers]},
        "execution": {"gas_price_wei": "1000000"},
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


def main() -> None:
    """Run once and print what it took as JSON."""
    bars, tiers = int(sys.argv[1]), int(sys.argv[2])
    candles, manifest = candles_of(bars), manifest_of(bars, tiers)
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
    document = {
        "cpu_seconds": time.process_time() - begun,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024,
        "trades": results.metrics.trades,
        "end_equity": str(results.metrics.end_equity),
    }
    sys.stdout.write(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
