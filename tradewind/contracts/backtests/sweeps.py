"""A sweep, `sweep-<ULID>`: the same run with many parameters, each a run of its own.

How many were tried is known here, so what the best of them is worth can be said honestly.
"""

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import ConfigDict, Field, model_validator

from tradewind.contracts.backtests.model import (
    MAX_PARAMETERS,
    MAX_TRIALS,
    InstalledStrategy,
    Label,
    Manifest,
    Parameter,
    Parameters,
)
from tradewind.contracts.backtests.results import Ratio
from tradewind.contracts.ids import Ulid
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload, is_absent
from tradewind.contracts.risk.approvals import Answerer
from tradewind.contracts.wire import IN_STORED_ORDER, Document, Timestamp

MAX_VALUES: Final = 1_000
"""Of one parameter."""
MAX_WINDOW_DAYS: Final = 3_650
MAX_WINDOWS: Final = 200

Grid = Annotated[
    dict[
        Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")],
        Annotated[tuple[Parameter, ...], Field(min_length=1, max_length=MAX_VALUES)],
    ],
    Field(min_length=1, max_length=MAX_PARAMETERS),
    IN_STORED_ORDER,
]
"""The values of each parameter that are tried, each with each."""


class WalkForward(Document):
    """Parameters are chosen on some days and judged on those that follow, again and again."""

    train_days: int = Field(ge=1, le=MAX_WINDOW_DAYS)
    test_days: int = Field(ge=1, le=MAX_WINDOW_DAYS)


class SweepPayload(Payload):
    """Base of the payloads in a sweep's history."""

    sweep_id: Ulid


class SweepRequested(SweepPayload):
    """Somebody asked for a sweep; the runs follow, each with a history of its own."""

    topic = "backtest.sweep_requested"
    manifest: Manifest
    """Of which the strategy's parameters are replaced, and in windows the period."""
    grid: Grid
    walk_forward: WalkForward | None = Field(None, exclude_if=is_absent)
    label: Label | None = Field(None, exclude_if=is_absent)
    requested_by: Answerer | None = Field(None, exclude_if=is_absent)

    @model_validator(mode="after")
    def _check_strategy(self) -> Self:
        if not isinstance(self.manifest.run.strategy, InstalledStrategy):
            raise ValueError("grid: only an installed strategy has parameters")
        return self


class SweepStage(StrEnum):
    """Which runs of a sweep are asked for."""

    TRIALS = "trials"
    """Every parameter, on the whole period or on each window's training days."""
    TESTS = "tests"
    """The best of each window, on its test days."""


class SweepProgressed(SweepPayload):
    """Some more of its runs are asked for."""

    topic = "backtest.sweep_progressed"
    stage: SweepStage
    requested: int = Field(ge=0, le=MAX_TRIALS)
    """How many of this stage."""
    total: int = Field(ge=0, le=MAX_TRIALS)
    chosen: Annotated[tuple[int, ...], Field(max_length=MAX_WINDOWS)] = Field(
        (), exclude_if=lambda value: not value
    )
    """The number of the best trial of each window, from 1; 0 where none had a result."""


class SweepOutcome(StrEnum):
    """How a sweep ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class SweepState(StrEnum):
    """How far a sweep is."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class SweepCompleted(SweepPayload):
    """All its runs are over."""

    topic = "backtest.sweep_completed"
    ends_history = True
    outcome: SweepOutcome
    trials: int = Field(ge=0, le=MAX_TRIALS)
    without_result: int = Field(ge=0, le=MAX_TRIALS)
    """How many of its runs failed or were cancelled."""
    best_run_id: Ulid | None = Field(None, exclude_if=is_absent)
    best: Parameters | None = Field(None, exclude_if=is_absent)
    deflated_sharpe: Ratio = Field(None, exclude_if=is_absent)
    """The probability that the best Sharpe ratio is more than the luck of so many trials."""
    overfitting_probability: Ratio = Field(None, exclude_if=is_absent)
    """PBO: how often the best of one half of the days is below the median in the other."""
    out_of_sample_return: Ratio = Field(None, exclude_if=is_absent)
    """Of the test windows, joined; of a walk forward alone."""
    detail: str | None = Field(None, max_length=MAX_DETAIL_LENGTH, exclude_if=is_absent)

    @property
    def case(self) -> str:
        """The outcome."""
        return self.outcome.value


class Trial(Document):
    """A run of a sweep."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    number: int = Field(ge=1, le=MAX_TRIALS)
    run_id: Ulid
    stage: SweepStage
    window: int = Field(ge=0, le=MAX_WINDOWS)
    """From 1; 0 where the whole period is one."""
    params: Parameters
    from_: Timestamp = Field(alias="from")
    to: Timestamp
    outcome: str | None = Field(None, max_length=16, exclude_if=is_absent)
    reason: str | None = Field(None, max_length=64, exclude_if=is_absent)
    total_return: Ratio = None
    sharpe: Ratio = None
    max_drawdown: Ratio = None
    trades: int | None = Field(None, exclude_if=is_absent)
    result_sha256: str | None = Field(None, max_length=64, exclude_if=is_absent)


class SweepTable(Document):
    """All runs of a sweep, with what is to be thought of the best."""

    trials: Annotated[tuple[Trial, ...], Field(max_length=2 * MAX_TRIALS)]
    deflated_sharpe: Ratio = None
    overfitting_probability: Ratio = None
    out_of_sample_return: Ratio = None
    undefined: Annotated[dict[str, str], IN_STORED_ORDER]
    """Why a number is None, by its name."""
