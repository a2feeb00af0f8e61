"""What a client asks for when it asks for a back-test: a run, with much left to be filled in."""

from decimal import Decimal
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from gateway.http.strict_json import parse_model
from tradewind.contracts.backtests.model import (
    MAX_INSTRUMENTS,
    AnyStrategy,
    ConstantMarket,
    DatasetId,
    ExecutionTerms,
    Instrument,
    Label,
    ModelledPool,
    PoolEventData,
    RecordedData,
    RecordedMarket,
    RunLimits,
    ShapedMarket,
    Sizing,
    Symbol,
)
from tradewind.contracts.backtests.sweeps import Grid, WalkForward
from tradewind.contracts.market.model import Interval
from tradewind.contracts.payload import is_absent
from tradewind.contracts.wire import IN_STORED_ORDER, DecimalString, Document, Timestamp

NOUN: Final = "back-test"
DEFAULT_POOLS: Final = ConstantMarket(
    pools=(ModelledPool(fee_pips=500, depth_usd=Decimal(40_000_000)),)
)
"""One pool of 0.05 %, about as deep as the largest of WETH and USDC."""
DEFAULT_CASH: Final = Decimal(10_000)
"""Units of the quote of the first instrument."""


class AskedCandles(Document):
    """Candles of a dataset."""

    kind: Literal["candles"] = "candles"
    dataset: DatasetId
    interval: Interval | None = Field(None, exclude_if=is_absent)
    """The dataset's own; another one is refused."""
    more: Annotated[
        dict[Instrument, DatasetId], Field(max_length=MAX_INSTRUMENTS - 1), IN_STORED_ORDER
    ] = Field(default_factory=dict)
    """The datasets of the run's other instruments."""


AskedData = Annotated[AskedCandles | RecordedData | PoolEventData, Field(discriminator="kind")]
AskedMarket = Annotated[ConstantMarket | ShapedMarket | RecordedMarket, Field(discriminator="kind")]


class AskedBacktest(Document):
    """A back-test. What is left out is filled in, and the manifest says with what."""

    strategy: AnyStrategy
    instruments: Annotated[tuple[Instrument, ...], Field(min_length=1, max_length=MAX_INSTRUMENTS)]
    from_: Timestamp | None = Field(None, alias="from", exclude_if=is_absent)
    """The dataset's begin when absent."""
    to: Timestamp | None = Field(None, exclude_if=is_absent)
    """The dataset's end when absent; the run ends before it."""
    data: AskedData | None = Field(None, exclude_if=is_absent)
    market: AskedMarket | None = Field(None, exclude_if=is_absent)
    execution: ExecutionTerms = ExecutionTerms()
    portfolio: Annotated[
        dict[Symbol, DecimalString], Field(max_length=MAX_INSTRUMENTS), IN_STORED_ORDER
    ] = Field(default_factory=dict)
    """Whole tokens at the start; 10,000 of the first instrument's quote when empty."""
    sizing: Sizing = Sizing()
    limits: Literal["current"] | RunLimits = RunLimits()
    """`current` are those of the risk policy in force; none bind when absent."""
    seed: int = Field(0, ge=0, lt=2**63)
    record: Literal["trades", "summary", "events"] = "trades"
    label: Label | None = Field(None, exclude_if=is_absent)
    sweep: Grid | None = Field(None, exclude_if=is_absent)
    """Values of parameters that are tried, each with each."""
    walk_forward: WalkForward | None = Field(None, exclude_if=is_absent)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.walk_forward is not None and self.sweep is None:
            raise ValueError("walk_forward: needs the parameters of a sweep to choose from")
        if self.sweep is not None and self.strategy.kind != "strategy":
            raise ValueError("sweep: only an installed strategy has parameters")
        return self


def parse_backtest(body: bytes) -> AskedBacktest:
    """Return what a body asks for; MalformedJson or InvalidDocument names what is wrong."""
    return parse_model(AskedBacktest, body, noun=NOUN)
