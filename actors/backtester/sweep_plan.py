"""Which runs a sweep consists of. Pure: whoever plans again plans the same."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Final, NamedTuple

from tradewind.contracts.backtests.model import (
    MAX_TRIALS,
    InstalledStrategy,
    Manifest,
    Parameter,
    Run,
)
from tradewind.contracts.backtests.payloads import BacktestRequested
from tradewind.contracts.backtests.sweeps import MAX_WINDOWS, SweepRequested, SweepStage
from tradewind.contracts.envelope import Event, first_event
from tradewind.contracts.ids import CorrelationKind, derive_ulid, make_correlation_id
from tradewind.contracts.roles import Role
from tradewind.contracts.subjects import KEY_TOKEN, NO_KEY, EventKey
from tradewind.simulation.manifests import manifest_sha256

WHOLE: Final = 0
"""The window of a run over the whole period."""


class SweepTooLarge(ValueError):
    """A sweep has too many runs, or no whole window; the text names the limit."""


class Window(NamedTuple):
    """Days to choose parameters on, and the days after them to judge them on."""

    number: int
    train_from: datetime
    test_from: datetime
    test_to: datetime


class Planned(NamedTuple):
    """A run of a sweep."""

    number: int
    """From 1, in its stage."""
    run_id: str
    stage: SweepStage
    window: int
    params: dict[str, Parameter]
    from_: datetime
    to: datetime


def windows_of(request: SweepRequested) -> tuple[Window, ...]:
    """Return the windows of a walk forward; none of a plain sweep.

    Each begins as many days after the one before as it has test days, so test days never overlap.
    Days at the end that fill no test window are left out.
    """
    if request.walk_forward is None:
        return ()
    run, walk = request.manifest.run, request.walk_forward
    train, test = timedelta(days=walk.train_days), timedelta(days=walk.test_days)
    windows: list[Window] = []
    start = run.from_
    while start + train + test <= run.to:
        windows.append(Window(len(windows) + 1, start, start + train, start + train + test))
        start += test
    if not windows:
        raise SweepTooLarge("walk_forward: the period is shorter than its first window")
    if len(windows) > MAX_WINDOWS:
        raise SweepTooLarge(f"walk_forward: {len(windows)} windows, {MAX_WINDOWS} are allowed")
    return tuple(windows)


def trials_of(request: SweepRequested) -> tuple[Planned, ...]:
    """Return the runs that try parameters: each value with each, on each window's training days."""
    choices = _choices(request)
    run = request.manifest.run
    periods = [(one.number, one.train_from, one.test_from) for one in windows_of(request)]
    periods = periods or [(WHOLE, run.from_, run.to)]
    wanted = len(choices) * len(periods) + (len(periods) if request.walk_forward else 0)
    if wanted > MAX_TRIALS:
        raise SweepTooLarge(f"grid: {wanted} runs, {MAX_TRIALS} are allowed")
    places = [(period, params) for period in periods for params in choices]
    return tuple(
        _planned(request.sweep_id, SweepStage.TRIALS, number, window, params, (start, end))
        for number, ((window, start, end), params) in enumerate(places, 1)
    )


def tests_of(
    request: SweepRequested, trials: Sequence[Planned], chosen: Sequence[int]
) -> tuple[Planned, ...]:
    """Return the runs that judge what was chosen, by the numbers of the chosen trials."""
    windows = windows_of(request)
    return tuple(
        _planned(
            request.sweep_id,
            SweepStage.TESTS,
            window.number,
            window.number,
            trials[number - 1].params,
            (window.test_from, window.test_to),
        )
        for window, number in zip(windows, chosen, strict=True)
        if number
    )


def request_event(
    request: SweepRequested, planned: Planned, bars_total: int, causation_id: str, at: datetime
) -> Event[BacktestRequested]:
    """Return the event that asks for a run of a sweep, caused by the sweep's."""
    manifest = manifest_of(request.manifest, planned, bars_total)
    payload = BacktestRequested(
        run_id=planned.run_id,
        manifest=manifest,
        manifest_sha256=manifest_sha256(manifest),
        label=request.label,
        sweep_id=request.sweep_id,
        requested_by=request.requested_by,
    )
    return first_event(
        payload,
        correlation_id=make_correlation_id(CorrelationKind.BACKTEST, planned.run_id),
        key=key_of(manifest.run),
        producer=Role.BACKTESTER,
        at=at,
        causation_id=causation_id,
    )


def manifest_of(base: Manifest, planned: Planned, bars_total: int) -> Manifest:
    """Return the manifest of a run of a sweep."""
    assert isinstance(base.run.strategy, InstalledStrategy), "the payload refuses others"
    strategy = InstalledStrategy(name=base.run.strategy.name, params=planned.params)
    changed = {"strategy": strategy, "from_": planned.from_, "to": planned.to, "record": "summary"}
    run = base.run.model_copy(update=changed)
    return base.model_copy(update={"run": run, "bars_total": bars_total})


def key_of(run: Run) -> EventKey:
    """Return the key of a run's events: its instrument, where it has one that fits."""
    name = run.instruments[0] if len(run.instruments) == 1 else NO_KEY
    return EventKey(instrument=name if KEY_TOKEN.fullmatch(name) else NO_KEY)


def _choices(request: SweepRequested) -> list[dict[str, Parameter]]:
    strategy = request.manifest.run.strategy
    assert isinstance(strategy, InstalledStrategy), "the payload refuses others"
    count = 1
    for values in request.grid.values():
        count *= len(values)
        if count > MAX_TRIALS:
            raise SweepTooLarge(f"grid: more than {MAX_TRIALS} combinations")
    return list(_combined(strategy.params, request))


def _combined(
    params: dict[str, Parameter], request: SweepRequested
) -> Iterator[dict[str, Parameter]]:
    for values in product(*request.grid.values()):
        yield {**params, **dict(zip(request.grid, values, strict=True))}


def _planned(
    sweep_id: str,
    stage: SweepStage,
    number: int,
    window: int,
    params: dict[str, Parameter],
    period: tuple[datetime, datetime],
) -> Planned:
    run_id = derive_ulid(sweep_id, f"{stage}-{number}")
    return Planned(number, run_id, stage, window, params, *period)
