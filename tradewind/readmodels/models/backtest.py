"""The back-test in Redis and in responses: what was run, how far it is, and what came of it."""

from typing import Final, Literal

from tradewind.contracts.backtests.model import (
    DatasetId,
    Label,
    Manifest,
    RunStatus,
    Sha256,
    StrategyName,
)
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.contracts.backtests.results import Metrics
from tradewind.contracts.ids import ULID_PATTERN, CorrelationId, Ulid
from tradewind.contracts.unchecked import builder
from tradewind.contracts.wire import DecimalString, Timestamp
from tradewind.readmodels.read_model import Index, ReadModel, ReadModelDocument

RECORDED: Final = "recorded"
"""In place of a strategy's name: the platform's own flows, decided again."""
SINGLE: Final = "single"
"""In place of a sweep's id: a run of its own."""

RunStrategy = StrategyName | DatasetId
"""The name of an installed strategy, the dataset of signals, or `recorded`."""


class BacktestDocument(ReadModelDocument):
    """`backtest:{run_id}`. `version` is the sequence of the last event of its history."""

    status: RunStatus
    strategy: RunStrategy
    batch: Ulid | Literal["single"]
    """The sweep it belongs to."""
    run_id: Ulid
    correlation_id: CorrelationId
    manifest_sha256: Sha256
    label: Label | None = None
    requested_by: str | None = None
    created_at: Timestamp
    started_at: Timestamp | None = None
    """When its first slice was done."""
    candles_at_start: int = 0
    """How many candles that slice had."""
    completed_at: Timestamp | None = None
    """When it ended, however it did."""
    last_event_time: Timestamp
    candles_total: int
    candles_processed: int = 0
    slices: int = 0
    """That are done."""
    trades: int = 0
    equity: DecimalString | None = None
    """After the last slice that is done."""
    metrics: Metrics | None = None
    result_sha256: Sha256 | None = None
    signals_sha256: Sha256 | None = None
    reason: BacktestFailure | None = None
    detail: str | None = None
    at: str | None = None
    """The bar or the slice at which it failed."""
    cancelled_by: str | None = None
    illegal_events: int = 0
    """Recorded events the lifecycle forbids; they changed nothing."""
    manifest: Manifest


BACKTEST: Final = ReadModel(
    prefix="backtest:",
    document=BacktestDocument,
    identifier="run_id",
    pattern=ULID_PATTERN,
    index=Index("backtests:", ("status", "strategy", "batch")),
)

build_backtest = builder(BacktestDocument)
