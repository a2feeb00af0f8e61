"""The events of a run, `backtest-<ULID>`: who ran what, how far it is, how it ended.

No simulated fill is ever an event of the ledger: positions, wallets and /live must not see one.
"""

from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import Field

from tradewind.contracts.backtests.model import (
    MAX_BARS,
    MAX_SLICES,
    MAX_TRADES,
    Label,
    Manifest,
    Sha256,
)
from tradewind.contracts.backtests.results import Metrics
from tradewind.contracts.ids import Ulid
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload, is_absent
from tradewind.contracts.risk.approvals import Answerer
from tradewind.contracts.wire import IN_STORED_ORDER, BaseUnits, DecimalString, Document

MAX_STATE_LENGTH: Final = 8_192
"""Of a stepped strategy's state, as canonical JSON."""


class BacktestPayload(Payload):
    """Base of the payloads in a run's history."""

    run_id: Ulid


class BacktestRequested(BacktestPayload):
    """Somebody asked for a run; the manifest says everything it depends on."""

    topic = "backtest.requested"
    manifest: Manifest
    manifest_sha256: Sha256
    label: Label | None = Field(None, exclude_if=is_absent)
    sweep_id: Ulid | None = Field(None, exclude_if=is_absent)
    requested_by: Answerer | None = Field(None, exclude_if=is_absent)


class Lot(Document):
    """Bought base that is not sold yet, first in, first out."""

    amount: BaseUnits
    cost: DecimalString
    """In quote, fee and gas included."""


class HeldInstrument(Document):
    """The lots of an instrument."""

    instrument: str = Field(max_length=66)
    lots: Annotated[tuple[Lot, ...], Field(max_length=1_000)]


class RunState(Document):
    """All that the next slice needs of the ones before it."""

    balances: Annotated[dict[str, BaseUnits], IN_STORED_ORDER]
    """Base units by symbol."""
    holdings: Annotated[tuple[HeldInstrument, ...], Field(max_length=64)]
    strategy_state: str | None = Field(None, max_length=MAX_STATE_LENGTH, exclude_if=is_absent)
    """Canonical JSON, of a stepped strategy."""
    accumulated: str = Field(max_length=MAX_STATE_LENGTH)
    """Canonical JSON of the running totals that metrics and limits need (engine's own)."""
    trades: int = Field(ge=0, le=MAX_TRADES)
    equity: DecimalString
    rows_sha256: Sha256
    """Chained over slices: of the hash before and this slice's rows."""


class BacktestProgressed(BacktestPayload):
    """A slice is done; its rows are stored. The next slice starts from this event alone."""

    topic = "backtest.progressed"
    slice: int = Field(ge=1, le=MAX_SLICES)
    bars_processed: int = Field(ge=0, le=MAX_BARS)
    bars_total: int = Field(ge=0, le=MAX_BARS)
    state: RunState


class BacktestCompleted(BacktestPayload):
    """The run is done, and its result is stored."""

    topic = "backtest.completed"
    ends_history = True
    metrics: Metrics
    result_sha256: Sha256
    signals_sha256: Sha256
    bars_processed: int = Field(ge=0, le=MAX_BARS)


class BacktestFailure(StrEnum):
    """Why a run has no result."""

    LOOKS_AHEAD = "LOOKS_AHEAD"
    STRATEGY_FAILED = "STRATEGY_FAILED"
    STRATEGY_CHANGED = "STRATEGY_CHANGED"
    """It is not installed any more, or its source is not the one of the manifest."""
    DATA_MISSING = "DATA_MISSING"
    DATA_CHANGED = "DATA_CHANGED"
    """The file is not the one of the manifest."""
    INVALID_SIGNALS = "INVALID_SIGNALS"
    STATE_TOO_LARGE = "STATE_TOO_LARGE"
    TOO_MANY_TRADES = "TOO_MANY_TRADES"
    WORKER_KILLED = "WORKER_KILLED"
    """The process of a slice ended: memory, CPU time, or a signal; the detail says which."""
    TIME_LIMIT = "TIME_LIMIT"
    """Its slices together took longer than a run may."""
    ENGINE_CHANGED = "ENGINE_CHANGED"
    """The backtester has another version of the engine than the manifest."""
    INVALID_RUN = "INVALID_RUN"
    """The manifest asks for what the engine cannot do; the detail names the field."""


class BacktestFailed(BacktestPayload):
    """The run ended without a result."""

    topic = "backtest.failed"
    ends_history = True
    reason: BacktestFailure
    detail: str | None = Field(None, max_length=MAX_DETAIL_LENGTH, exclude_if=is_absent)
    at: str | None = Field(None, max_length=64, exclude_if=is_absent)
    """The bar or the slice."""


class BacktestCancelled(BacktestPayload):
    """Somebody asked for it to stop, and no slice was begun after that."""

    topic = "backtest.cancelled"
    ends_history = True
    requested_by: Answerer | None = Field(None, exclude_if=is_absent)


def summary_of(metrics: Metrics) -> dict[str, Any]:
    """Return what lists of runs show of a result."""
    return metrics.model_dump(
        mode="json", include={"total_return", "max_drawdown", "sharpe", "trades"}
    )
