"""What the backtester asks of its child process, and what that answers."""

from typing import Annotated, Literal

from pydantic import Field

from tradewind.contracts.backtests.model import MAX_BARS, MAX_SLICES, MAX_TRADES, Manifest, Sha256
from tradewind.contracts.backtests.payloads import BacktestFailure, RunState
from tradewind.contracts.backtests.results import Results
from tradewind.contracts.ids import Ulid
from tradewind.contracts.payload import MAX_DETAIL_LENGTH
from tradewind.contracts.wire import Document


class SliceRequest(Document):
    """Run a slice. Of a run of one slice, the results come with it."""

    op: Literal["slice"] = "slice"
    run_id: Ulid
    manifest: Manifest
    state: RunState | None
    number: int = Field(ge=1, le=MAX_SLICES)
    datasets: str
    """The folder of datasets."""


class FinishRequest(Document):
    """Make the results of a run from its rows, which follow in frames."""

    op: Literal["finish"] = "finish"
    run_id: Ulid
    manifest: Manifest
    state: RunState
    datasets: str


class SliceAnswer(Document):
    """A slice is done; its rows follow in frames."""

    kind: Literal["slice"] = "slice"
    state: RunState
    bars: int = Field(ge=0, le=MAX_BARS)
    """Processed so far, those of earlier slices included."""
    trades: int = Field(ge=0, le=MAX_TRADES)
    """Of this slice."""
    signals_sha256: Sha256
    is_last: bool
    results: Results | None = None


class FinishAnswer(Document):
    """The results."""

    kind: Literal["finish"] = "finish"
    results: Results


class FailureAnswer(Document):
    """There is none, and trying again would not change that."""

    kind: Literal["failure"] = "failure"
    reason: BacktestFailure
    detail: str | None = Field(None, max_length=MAX_DETAIL_LENGTH)
    at: str | None = Field(None, max_length=64)


AnyRequest = Annotated[SliceRequest | FinishRequest, Field(discriminator="op")]
AnyAnswer = Annotated[SliceAnswer | FinishAnswer | FailureAnswer, Field(discriminator="kind")]


class RunFailed(Exception):
    """A run cannot have a result. The engine's side raises it in the child, with the reason."""

    def __init__(
        self, reason: BacktestFailure, detail: str | None = None, at: str | None = None
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = None if detail is None else detail[:MAX_DETAIL_LENGTH]
        self.at = at
