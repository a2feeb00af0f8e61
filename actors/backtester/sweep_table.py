"""The table of a sweep, and the event that ends it."""

from collections.abc import Mapping, Sequence

from actors.backtester.judging import Judgement, best_of
from actors.backtester.sweep_plan import Planned
from tradewind.contracts.backtests.results import Metrics
from tradewind.contracts.backtests.sweeps import (
    SweepCompleted,
    SweepOutcome,
    SweepRequested,
    SweepTable,
    Trial,
)
from tradewind.trading.backtests.records import EndedRun


def table_of(
    planned: Sequence[Planned], ended: Mapping[str, EndedRun], judgement: Judgement
) -> SweepTable:
    """Return all runs of a sweep in the order they were asked for."""
    return SweepTable(
        trials=tuple(_trial(one, ended.get(one.run_id)) for one in planned),
        deflated_sharpe=judgement.deflated_sharpe,
        overfitting_probability=judgement.overfitting_probability,
        out_of_sample_return=judgement.out_of_sample_return,
        undefined=judgement.undefined,
    )


def completed_of(
    request: SweepRequested,
    trials: Sequence[Planned],
    tests: Sequence[Planned],
    ended: Mapping[str, EndedRun],
    judgement: Judgement,
) -> SweepCompleted:
    """Return the end of a sweep; the best of a walk forward is that of its last window."""
    window = trials[-1].window
    best = best_of([one for one in trials if one.window == window], ended)
    finished = [one for one in (*trials, *tests) if _is_completed(ended.get(one.run_id))]
    return SweepCompleted(
        sweep_id=request.sweep_id,
        outcome=SweepOutcome.COMPLETED,
        trials=len(trials) + len(tests),
        without_result=len(trials) + len(tests) - len(finished),
        best_run_id=None if best is None else best.run_id,
        best=None if best is None else best.params,
        deflated_sharpe=judgement.deflated_sharpe,
        overfitting_probability=judgement.overfitting_probability,
        out_of_sample_return=judgement.out_of_sample_return,
    )


def _is_completed(ended: EndedRun | None) -> bool:
    return ended is not None and ended.is_completed


def _trial(planned: Planned, ended: EndedRun | None) -> Trial:
    metrics: Metrics | None = None
    if ended is not None and ended.is_completed:
        metrics = ended.parsed_results().metrics
    return Trial(
        number=planned.number,
        run_id=planned.run_id,
        stage=planned.stage,
        window=planned.window,
        params=planned.params,
        from_=planned.from_,
        to=planned.to,
        outcome=None if ended is None else ended.outcome,
        reason=None if ended is None else ended.reason,
        result_sha256=None if ended is None else ended.result_sha256,
        total_return=None if metrics is None else metrics.total_return,
        sharpe=None if metrics is None else metrics.sharpe,
        max_drawdown=None if metrics is None else metrics.max_drawdown,
        trades=None if metrics is None else metrics.trades,
    )
