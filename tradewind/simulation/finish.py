"""Makes a run's results of its last state and its stored rows."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.backtests.model import CandleData, Manifest, PoolEventData
from tradewind.contracts.backtests.payloads import BacktestFailure, RunState
from tradewind.contracts.backtests.results import Exactness, Metrics, OfInstrument, Results
from tradewind.contracts.instruments.payloads import PoolObserved
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.manifests import canonical_json, manifest_sha256, sha256_of
from tradewind.simulation.metrics.days import days_of, months_of
from tradewind.simulation.metrics.summary import metrics_of
from tradewind.simulation.records import EquityRow, TradeRecord
from tradewind.simulation.sampling import GUARD, NO_SHAPES, decide_again, guard_text
from tradewind.simulation.trading.totals import Totals

EDGE_SAMPLES = 20
HASHED_SAMPLES = 60


def sampled_numbers(manifest: Manifest, end_state: RunState) -> tuple[int, ...]:
    """Return the numbers of the trades that are decided again: 20 first, 20 last, 60 by hash.

    None where the manifest records `summary`, as no trades are kept.
    """
    if manifest.run.record == "summary":
        return ()
    count = end_state.trades
    edges = {*range(1, EDGE_SAMPLES + 1), *range(count - EDGE_SAMPLES + 1, count + 1)}
    name = manifest_sha256(manifest)
    for place in range(HASHED_SAMPLES):
        if count:
            digest = hashlib.sha256(f"{name}/sample/{place}".encode()).digest()
            edges.add(1 + int.from_bytes(digest[:8]) % count)
    return tuple(sorted(number for number in edges if 1 <= number <= count))


def results_of(
    manifest: Manifest,
    end_state: RunState,
    equity: Sequence[EquityRow],
    trades: Iterable[TradeRecord],
    shapes: Mapping[str, PoolObserved] = NO_SHAPES,
) -> Results:
    """Return metrics, months, instruments, guards and hashes of a run whose last slice is made.

    `equity` are the rows of all slices in order; of `trades` those of `sampled_numbers` suffice.
    Those of a shaped or recorded market are decided again where `shapes` has their pools' ticks.
    SimulationFailed where a sampled trade, decided again by the planner's own functions, has
    another outcome.
    """
    totals = Totals.from_json(end_state.accumulated)
    sampled = set(sampled_numbers(manifest, end_state))
    checked = decide_again(manifest, [one for one in trades if one.number in sampled], shapes)
    decimals = _decimals(equity, end_state, totals)
    metrics = metrics_of(totals, decimals, equity)
    return Results(
        exactness=exactness_of(manifest),
        metrics=metrics,
        months=months_of(totals.start, days_of(equity)),
        instruments=tuple(
            OfInstrument(
                instrument=name,
                profit=from_base_units(one.profit, decimals),
                trades=one.trades,
                volume=from_base_units(one.volume, decimals),
            )
            for name, one in zip(manifest.run.instruments, totals.instruments, strict=True)
        ),
        guards={**totals.guards, GUARD: guard_text(manifest, checked)},
        result_sha256=result_sha256(metrics, end_state.rows_sha256),
        signals_sha256=totals.signals,
    )


def result_sha256(metrics: Metrics, rows_sha256: str) -> str:
    """Return the hash of a result: of its metrics, and of all rows of equity and trades."""
    content = [metrics.model_dump(mode="json"), rows_sha256]
    return sha256_of(canonical_json(content))


def exactness_of(manifest: Manifest) -> Exactness:
    """Return how true to a chain a run's fills are."""
    match manifest.run.data:
        case CandleData():
            return Exactness.MODELLED
        case PoolEventData():
            return Exactness.EXACT
        case _:
            return Exactness.RECORDED


def _decimals(equity: Sequence[EquityRow], end_state: RunState, totals: Totals) -> int:
    """Return the decimals of the quote token, which the totals carry."""
    if len(equity) != totals.rows:
        detail = f"{len(equity)} rows of equity, the run made {totals.rows}"
        raise SimulationFailed(BacktestFailure.DATA_CHANGED, detail)
    return totals.quote_decimals
