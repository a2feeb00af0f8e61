"""Candles, manifests and runs for the tests of the engine."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from tradewind.contracts.backtests.model import Manifest, Run
from tradewind.contracts.backtests.payloads import RunState
from tradewind.contracts.backtests.results import Results
from tradewind.simulation.engine import ENGINE
from tradewind.simulation.finish import results_of
from tradewind.simulation.inputs import Candles, RunInputs
from tradewind.simulation.manifests import tokens_sha256
from tradewind.simulation.records import EquityRow, TradeRecord
from tradewind.simulation.run import run_slice
from tradewind.simulation.slices import slices_of
from tradewind.simulation.strategies.loading import Strategy
from tradewind.trading.marketdata.intervals import from_milliseconds
from tradewind.trading.tokens import load_tokens

START_MS = 1_767_225_600_000
"""2026-01-01."""
MINUTE_MS = 60_000
TOKENS = load_tokens()
WETH = "ethereum-WETH-USDC"
WBTC = "ethereum-WBTC-USDC"
POOLS = ({"fee_pips": 500, "depth_usd": "4000000"}, {"fee_pips": 3000, "depth_usd": "9000000"})


def random_candles(
    bars: int,
    *,
    seed: int = 1,
    instrument: str = WETH,
    interval_ms: int = MINUTE_MS,
    price: int = 300_000,
    step: float = 0.001,
    start_ms: int = START_MS,
) -> Candles:
    """Return a random walk with prices of two digits; each opens where the one before closed."""
    random = np.random.default_rng(seed)
    closes = price * np.exp(np.cumsum(random.normal(0, step, bars)))
    close = np.maximum(np.rint(closes), 1).astype(np.int64)
    opened = np.concatenate(([price], close[:-1])).astype(np.int64)
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    times = start_ms + interval_ms * np.arange(bars, dtype=np.int64)
    volume = random.uniform(1, 100, bars)
    return Candles(instrument, interval_ms, 2, times, opened, high, low, close, volume)


def of_closes(closes: Sequence[int], **known: Any) -> Candles:
    """Return candles of given closes, in hundredths; each opens where the one before closed."""
    close = np.array(closes, np.int64)
    opened = np.concatenate((close[:1], close[:-1]))
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    interval_ms = known.get("interval_ms", MINUTE_MS)
    times = START_MS + interval_ms * np.arange(len(close), dtype=np.int64)
    instrument = known.get("instrument", WETH)
    return Candles(
        instrument, interval_ms, 2, times, opened, high, low, close, np.zeros(len(close))
    )


def manifest_of(
    candles: Sequence[Candles],
    strategy: Mapping[str, Any] | None = None,
    of_file: Mapping[str, Any] | None = None,
    **run: Any,
) -> Manifest:
    """Return a manifest over candles; `run` overrides fields of its run."""
    times = np.unique(np.concatenate([one.open_times_ms for one in candles]))
    first, end = int(times[0]), int(times[-1]) + candles[0].interval_ms
    fields = {
        "strategy": of_file or {"kind": "strategy", "name": "ema_cross", **(strategy or {})},
        "instruments": tuple(one.instrument for one in candles),
        "from": from_milliseconds(first),
        "to": from_milliseconds(end) + timedelta(milliseconds=0),
        "data": {"kind": "candles", "dataset": "ds-0123456789abcdef", "interval": "1m"},
        "market": {"kind": "constant", "pools": POOLS},
        "portfolio": {"USDC": "10000"},
        **run,
    }
    return Manifest(
        run=Run(**fields),
        engine=ENGINE,
        package="0.1.0",
        tokens_sha256=tokens_sha256(TOKENS),
        bars_total=len(times),
    )


def inputs_of(candles: Sequence[Candles], **known: Any) -> RunInputs:
    """Return the inputs of a run over candles."""
    return RunInputs(tokens=TOKENS, candles={one.instrument: one for one in candles}, **known)


class Ran:
    """A whole run, slice by slice."""

    def __init__(self, manifest: Manifest, inputs: RunInputs) -> None:
        self.manifest = manifest
        self.trades: list[TradeRecord] = []
        self.equity: list[EquityRow] = []
        state: RunState | None = None
        for piece in slices_of(manifest):
            made = run_slice(manifest, inputs, state, piece.number)
            # As the next worker has it: through JSON.
            state = RunState.model_validate_json(made.state.model_dump_json())
            self.trades += made.trades
            self.equity += made.equity
        assert state is not None
        assert made.is_last
        self.state = state

    @property
    def results(self) -> Results:
        """What the run leaves."""
        return results_of(self.manifest, self.state, self.equity, self.trades)


def ran(
    candles: Candles | Sequence[Candles],
    strategy: Strategy | None = None,
    *,
    rust: bool = True,
    params: Mapping[str, Any] | None = None,
    **run: Any,
) -> Ran:
    """Run a strategy over candles; the EMA cross where none is given."""
    known = [candles] if isinstance(candles, Candles) else list(candles)
    chosen: dict[str, Any] = {"params": dict(params or {})}
    if strategy is not None:
        chosen["name"] = strategy.name
    manifest = manifest_of(known, chosen, **run)
    return Ran(manifest, inputs_of(known, strategy=strategy, rust_engine_enabled=rust))
