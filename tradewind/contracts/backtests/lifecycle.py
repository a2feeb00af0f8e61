"""The lifecycle of a back-test's run."""

from typing import Final

from tradewind.contracts.backtests.model import RunStatus
from tradewind.contracts.backtests.payloads import (
    BacktestCancelled,
    BacktestCompleted,
    BacktestFailed,
    BacktestProgressed,
    BacktestRequested,
)
from tradewind.contracts.backtests.sweeps import (
    SweepCompleted,
    SweepOutcome,
    SweepProgressed,
    SweepRequested,
    SweepState,
)
from tradewind.contracts.lifecycle import Lifecycle, Transition, Trigger

REQUESTED: Final = Trigger(BacktestRequested.topic)
PROGRESSED: Final = Trigger(BacktestProgressed.topic)
COMPLETED: Final = Trigger(BacktestCompleted.topic)
FAILED: Final = Trigger(BacktestFailed.topic)
CANCELLED: Final = Trigger(BacktestCancelled.topic)


def _lines() -> tuple[Transition[RunStatus], ...]:
    s = RunStatus
    return (
        Transition(None, REQUESTED, s.QUEUED),
        Transition(s.QUEUED, PROGRESSED, s.RUNNING),
        Transition(s.RUNNING, PROGRESSED, s.RUNNING),
        *(
            Transition(state, trigger, end)
            for state in (s.QUEUED, s.RUNNING)
            for trigger, end in (
                (COMPLETED, s.COMPLETED),
                (FAILED, s.FAILED),
                (CANCELLED, s.CANCELLED),
            )
        ),
    )


BACKTEST: Final = Lifecycle(
    "backtest",
    {
        RunStatus.QUEUED: "It was asked for; a backtester takes it when one is free.",
        RunStatus.RUNNING: "At least one slice is done.",
        RunStatus.COMPLETED: "Its result is stored.",
        RunStatus.FAILED: "It has no result; the reason says why.",
        RunStatus.CANCELLED: "Somebody stopped it.",
    },
    _lines(),
    {},
)


def _sweep_lines() -> tuple[Transition[SweepState], ...]:
    s = SweepState
    ends = (
        (SweepOutcome.COMPLETED, s.COMPLETED),
        (SweepOutcome.FAILED, s.FAILED),
        (SweepOutcome.CANCELLED, s.CANCELLED),
    )
    return (
        Transition(None, Trigger(SweepRequested.topic), s.QUEUED),
        Transition(s.QUEUED, Trigger(SweepProgressed.topic), s.RUNNING),
        Transition(s.RUNNING, Trigger(SweepProgressed.topic), s.RUNNING),
        *(
            Transition(state, Trigger(SweepCompleted.topic, outcome), end)
            for state in (s.QUEUED, s.RUNNING)
            for outcome, end in ends
        ),
    )


SWEEP: Final = Lifecycle(
    "sweep",
    {
        SweepState.QUEUED: "It was asked for; none of its runs is.",
        SweepState.RUNNING: "Some of its runs are asked for.",
        SweepState.COMPLETED: "All its runs are over, and its table is stored.",
        SweepState.FAILED: "It cannot be run; the detail says why.",
        SweepState.CANCELLED: "Somebody stopped it, and its runs with it.",
    },
    _sweep_lines(),
    {},
)
