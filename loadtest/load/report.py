"""Prints what a run showed: each stage, what an intent costs, and whether all was right."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from loadtest.load.capacity import Measured, fit, machine_limit_per_second
from loadtest.load.history import EVENT, Moment, failures_by_text, p95_by_name, read_history, within
from loadtest.load.profiles import Profile
from loadtest.load.signal_spans import FAN_OUT_TARGET_MS, SPANS

ALLOWED: Final = ("429", "503")
"""A platform that is full says so; any other failure is one."""
SHOWN_PROCESSES: Final = 9
SHOWN_LIMIT: Final = 10_000


class Sample(NamedTuple):
    """CPU seconds of every process up to a moment."""

    time: float
    cpu_seconds: Mapping[str, float]


class StageResult(NamedTuple):
    """What happened in a stage."""

    measured: Measured
    post_median_ms: float | None
    post_p99_ms: float | None
    event_median_ms: float | None
    event_p99_ms: float | None


def show(
    profile: Profile,
    directory: Path,
    samples: Sequence[Sample],
    left: Mapping[str, int],
    refused: Mapping[str, int],
    console: Console,
) -> bool:
    """Print the report; return whether nothing failed and nothing was left on its way."""
    moments = read_history(directory / "run_stats_history.csv")
    failures = failures_by_text(directory / "run_failures.csv")
    stages = stage_results(profile, moments, samples)
    console.print(_stages_table(stages))
    if profile.sends == "signals":
        console.print(_spans_table(directory / "run_stats.csv"))
    _show_costs(stages, console)
    if refused:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in refused.items())
        console.print(f"refused: {reasons}")
    for text, count in failures.items():
        console.print(f"{count} × {text}")
    wrong = {text for text in failures if not any(status in text for status in ALLOWED)}
    for state, count in left.items():
        console.print(f"{count} {profile.sends} still {state}")
    verdict = "nothing failed, nothing is left on its way"
    console.print(verdict if not wrong and not left else "[bold red]not all was right")
    return not wrong and not left


def stage_results(
    profile: Profile, moments: Sequence[Moment], samples: Sequence[Sample]
) -> list[StageResult]:
    """Return what each stage showed; a stage begins where the one before ends."""
    results, start = [], min(one.time for one in moments)
    for stage in profile.stages:
        end = start + stage.seconds
        posts = within(moments, f"/{profile.sends}", start, end)
        events = within(moments, EVENT, start, end)
        done = posts[-1].requests - posts[0].requests - _failed(posts) if posts else 0
        seconds = max(1.0, posts[-1].time - posts[0].time) if posts else 1.0
        measured = Measured(stage.per_minute / 60, done / seconds, _cores(samples, start, end))
        results.append(StageResult(measured, *_times(posts), *_times(events)))
        start = end
    return results


def _failed(posts: Sequence[Moment]) -> int:
    return posts[-1].failures - posts[0].failures


def _times(moments: Sequence[Moment]) -> tuple[float | None, float | None]:
    """Return p50 and p99 as the end of the stage saw them."""
    return (moments[-1].median_ms, moments[-1].p99_ms) if moments else (None, None)


def _cores(samples: Sequence[Sample], start: float, end: float) -> dict[str, float]:
    inside = [one for one in samples if start <= one.time <= end]
    if len(inside) < 2:
        return {}
    first, last = inside[0], inside[-1]
    return {
        name: (used - first.cpu_seconds.get(name, used)) / (last.time - first.time)
        for name, used in last.cpu_seconds.items()
    }


def _stages_table(stages: Sequence[StageResult]) -> Table:
    table = Table(title="Stages", title_justify="left")
    for heading in ("asked /s", "done /s", "POST p50 ms", "p99", "event p50 ms", "p99", "cores"):
        table.add_column(heading, justify="right")
    for stage in stages:
        measured = stage.measured
        table.add_row(
            f"{measured.asked_per_second:.1f}",
            f"{measured.done_per_second:.1f}",
            *(
                "" if time is None else f"{time:.0f}"
                for time in (
                    stage.post_median_ms,
                    stage.post_p99_ms,
                    stage.event_median_ms,
                    stage.event_p99_ms,
                )
            ),
            f"{sum(measured.cores.values()):.2f}" if measured.cores else "",
        )
    return table


def _spans_table(path: Path) -> Table:
    """Return the p95 of each stage of a signal beside what seed 003 wants of it."""
    table = Table(title="Signals by stage, p95", title_justify="left")
    for heading in ("stage", "ms", "target ms"):
        table.add_column(heading, justify="left" if heading == "stage" else "right")
    seen = p95_by_name(path)
    wanted = {span.name: span.target_ms for span in SPANS} | {EVENT: FAN_OUT_TARGET_MS}
    for name, target_ms in wanted.items():
        value = seen.get(name)
        table.add_row(name, "" if value is None else f"{value:,.0f}", f"{target_ms:,}")
    return table


def _show_costs(stages: Sequence[StageResult], console: Console) -> None:
    """Print what an intent costs each process, where the stages tell it."""
    try:
        costs = fit([stage.measured for stage in stages if stage.measured.cores])
    except ValueError:
        return
    table = Table(title="What an intent costs", title_justify="left")
    table.add_column("process")
    for heading in ("CPU ms", "cores at rest", "one core carries /s"):
        table.add_column(heading, justify="right")
    for name, cost in list(costs.items())[:SHOWN_PROCESSES]:
        table.add_row(
            name,
            f"{cost.seconds_an_intent * 1e3:.2f}",
            f"{cost.idle_cores:.3f}",
            f"{cost.limit_per_second:.0f}" if cost.limit_per_second < SHOWN_LIMIT else "",
        )
    console.print(table)
    cores = os.cpu_count() or 1
    limit = machine_limit_per_second(costs, cores)
    console.print(f"{cores} cores carry about {limit:.0f} intents a second, this load beside them")
