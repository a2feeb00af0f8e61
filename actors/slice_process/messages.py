"""What the backtester asks of its child process, and what that answers."""

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from tradewind.contracts.backtests.model import MAX_BARS, MAX_SLICES, MAX_TRADES, Manifest, Sha256
from tradewind.contracts.backtests.payloads import BacktestFailure, RunState
from tradewind.contracts.backtests.results import Results
from tradewind.contracts.backtests.strategies import AnnouncedStrategy
from tradewind.contracts.ids import Ulid
from tradewind.contracts.payload import MAX_DETAIL_LENGTH
from tradewind.contracts.wire import Document, Timestamp

MAX_PERIODS: Final = 400
MAX_STRATEGIES: Final = 1_000


class Places(Document):
    """Where the process finds files; it has no environment that would say so."""

    datasets: str
    """The folder of datasets, absolute."""
    tokens_file: str | None = None
    """The registry of tokens; None is the built-in one."""


class SliceRequest(Document):
    """Run a slice. Of a run of one slice, the results come with it, as nothing else is needed."""

    op: Literal["slice"] = "slice"
    run_id: Ulid
    manifest: Manifest
    state: RunState | None
    number: int = Field(ge=1, le=MAX_SLICES)
    places: Places


class FinishRequest(Document):
    """Make the results of a run from its rows and its sampled trades, which follow in frames."""

    op: Literal["finish"] = "finish"
    run_id: Ulid
    manifest: Manifest
    state: RunState
    places: Places


class Period(Document):
    """A part of a run's data, from its first moment to before its last."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    from_: Timestamp = Field(alias="from")
    to: Timestamp


class CountRequest(Document):
    """Count the bars of a run in other periods than its own."""

    op: Literal["count"] = "count"
    run_id: Ulid
    manifest: Manifest
    periods: tuple[Period, ...] = Field(max_length=MAX_PERIODS)
    places: Places


class CatalogueRequest(Document):
    """Say which strategies are installed; the backtester itself never imports one."""

    op: Literal["catalogue"] = "catalogue"
    run_id: str = Field("catalogue", max_length=26)
    """It counts as one run, however often it is asked."""


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


class CountAnswer(Document):
    """The bars of each period."""

    kind: Literal["count"] = "count"
    bars: tuple[int, ...] = Field(max_length=MAX_PERIODS)


class CatalogueAnswer(Document):
    """The strategies that can be loaded."""

    kind: Literal["catalogue"] = "catalogue"
    strategies: tuple[AnnouncedStrategy, ...] = Field(max_length=MAX_STRATEGIES)


class FailureAnswer(Document):
    """There is none, and trying again would not change that."""

    kind: Literal["failure"] = "failure"
    reason: BacktestFailure
    detail: str | None = Field(None, max_length=MAX_DETAIL_LENGTH)
    at: str | None = Field(None, max_length=64)


type Request = SliceRequest | FinishRequest | CountRequest | CatalogueRequest
type AnswerHead = SliceAnswer | FinishAnswer | CountAnswer | CatalogueAnswer | FailureAnswer
AnyRequest = Annotated[
    SliceRequest | FinishRequest | CountRequest | CatalogueRequest, Field(discriminator="op")
]
AnyAnswer = Annotated[
    SliceAnswer | FinishAnswer | CountAnswer | CatalogueAnswer | FailureAnswer,
    Field(discriminator="kind"),
]
