"""What a back-test is asked for, resolved so that the same manifest has the same result."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from tradewind.contracts.intents.model import PositiveDecimal, StrategyId
from tradewind.contracts.market.model import Interval
from tradewind.contracts.payload import is_absent
from tradewind.contracts.wire import (
    IN_STORED_ORDER,
    BaseUnits,
    DecimalString,
    Document,
    Timestamp,
)

MAX_BARS: Final = 20_000_000
MAX_TRADES: Final = 1_000_000
MAX_INSTRUMENTS: Final = 64
MAX_SLICES: Final = 200
MAX_FLOWS: Final = 100_000
"""Recorded intents of a run."""
MAX_TRIALS: Final = 1_000
SLICE_BARS: Final = 250_000
"""A run is cut by counts, never by time, or a slice done again would publish other bytes."""
SLICE_DECISIONS: Final = 25_000
MAX_POOLS_A_PAIR: Final = 8
MAX_PARAMETERS: Final = 32
BACKTEST_PRODUCER: Final = "backtest"
"""The producer of made-on-demand events, which no ledger ever holds."""


def is_empty(value: object) -> bool:
    """Return whether to leave a mapping out of the JSON, as manifests without one have no key."""
    return not value


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
DatasetId = Annotated[str, Field(pattern=r"^ds-[0-9a-f]{16}$")]
Instrument = Annotated[
    str, Field(pattern=r"^[a-z0-9_]{1,32}-[A-Za-z0-9.]{1,16}-[A-Za-z0-9.]{1,16}$")
]
"""`<chain>-<base>-<quote>`, as in intents."""
StrategyName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
Symbol = Annotated[str, Field(pattern=r"^[A-Za-z0-9.]{1,16}$")]
Parameter = bool | int | Annotated[str, Field(max_length=200)]
"""A decimal is a string, as everywhere."""
Parameters = Annotated[
    dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")], Parameter],
    Field(max_length=MAX_PARAMETERS),
    IN_STORED_ORDER,
]
FeePips = Annotated[int, Field(ge=0, le=1_000_000)]
Label = Annotated[str, Field(max_length=100)]


class RunStatus(StrEnum):
    """How far a run is."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class InstalledStrategy(Document):
    """A function that the operator installed (entry point group `tradewind.strategies`)."""

    kind: Literal["strategy"] = "strategy"
    name: StrategyName
    params: Parameters = Field(default_factory=dict)


class SignalFile(Document):
    """Signals that were imported as a dataset of kind `signals`."""

    kind: Literal["signals"] = "signals"
    dataset: DatasetId


class RecordedFlows(Document):
    """The platform's own intents of the period, decided again."""

    kind: Literal["recorded"] = "recorded"
    strategy_id: StrategyId | None = Field(None, exclude_if=is_absent)


AnyStrategy = Annotated[InstalledStrategy | SignalFile | RecordedFlows, Field(discriminator="kind")]


class CandleData(Document):
    """Candles of an imported or recorded dataset; the market is modelled over them."""

    kind: Literal["candles"] = "candles"
    dataset: DatasetId
    interval: Interval
    more: Annotated[
        dict[Instrument, DatasetId], Field(max_length=MAX_INSTRUMENTS - 1), IN_STORED_ORDER
    ] = Field(default_factory=dict, exclude_if=is_empty)
    """The datasets of a run's other instruments, of the same interval; absent for one alone."""


class RecordedData(Document):
    """Markets as the platform observed them when it decided; exact."""

    kind: Literal["recorded"] = "recorded"


class PoolEventData(Document):
    """Every state of the pools, from their own events (a dataset of kind `pool_events`); exact."""

    kind: Literal["pool_events"] = "pool_events"
    dataset: DatasetId
    interval: Interval = "1m"
    """How often a strategy is asked; between, the pools go on as they did."""


AnyData = Annotated[CandleData | RecordedData | PoolEventData, Field(discriminator="kind")]


class ModelledPool(Document):
    """A pool that is made for the run: a fee tier, and how much may be traded within 1 %."""

    fee_pips: FeePips
    depth_usd: PositiveDecimal
    """What buys the pool up by 1 %, in units of quote at the price of the moment."""


class ConstantMarket(Document):
    """Pools of constant depth around each candle's price."""

    kind: Literal["constant"] = "constant"
    pools: Annotated[tuple[ModelledPool, ...], Field(min_length=1, max_length=MAX_POOLS_A_PAIR)]


class ShapedMarket(Document):
    """The ticks of a recorded pool, moved with the price by whole spacings."""

    kind: Literal["shape"] = "shape"
    shapes: Annotated[tuple[Sha256, ...], Field(min_length=1, max_length=MAX_POOLS_A_PAIR)]
    """Content ids of `instrument.pool_observed`."""


class RecordedMarket(Document):
    """The states that were recorded, as they are."""

    kind: Literal["recorded"] = "recorded"


AnyMarket = Annotated[ConstantMarket | ShapedMarket | RecordedMarket, Field(discriminator="kind")]


class ExecutionTerms(Document):
    """How orders of the run are filled."""

    latency_ms: int = Field(12_000, ge=0, le=3_600_000)
    """From the decision's candle close to the state of arrival; 0 is the next bar's open."""
    gas_price_wei: BaseUnits = 1_000_000_000
    max_slippage: DecimalString = Field(default=Decimal("0.005"), ge=0, lt=1)
    own_impact: Literal["transient", "persistent"] = "transient"
    impact_half_life_bars: int = Field(60, ge=1, le=100_000)
    intrabar: Literal["open", "linear"] = "open"
    failure_probability: DecimalString = Field(default=Decimal("0"), ge=0, le=1)
    partial_fill_probability: DecimalString = Field(default=Decimal("0"), ge=0, le=1)
    price_moves: bool = False
    """Whether the venue's seeded price moves between plan and fill are drawn."""


class Sizing(Document):
    """How much of its cash, or how much at all, a signal that names no size trades."""

    kind: Literal["fraction", "amount"] = "fraction"
    value: PositiveDecimal = Field(default=Decimal("1"))

    @model_validator(mode="after")
    def _check_fraction(self) -> Self:
        if self.kind == "fraction" and self.value > 1:
            raise ValueError("value: a fraction is at most 1")
        return self


class RunLimits(Document):
    """The limits of risk that hold in a run, in US dollars and shares; absent ones do not bind."""

    max_notional_usd: PositiveDecimal | None = Field(None, exclude_if=is_absent)
    min_notional_usd: DecimalString | None = Field(None, exclude_if=is_absent)
    max_slippage: DecimalString | None = Field(None, exclude_if=is_absent)
    max_position_usd: PositiveDecimal | None = Field(None, exclude_if=is_absent)
    max_daily_notional_usd: PositiveDecimal | None = Field(None, exclude_if=is_absent)
    max_drawdown: DecimalString | None = Field(None, exclude_if=is_absent)
    """The share of the peak below which nothing is bought any more."""


class Run(Document):
    """Everything a result depends on that the user chooses."""

    strategy: AnyStrategy
    instruments: Annotated[tuple[Instrument, ...], Field(min_length=1, max_length=MAX_INSTRUMENTS)]
    from_: Timestamp = Field(alias="from")
    to: Timestamp
    data: AnyData
    market: AnyMarket = RecordedMarket()
    execution: ExecutionTerms = ExecutionTerms()
    portfolio: Annotated[
        dict[Symbol, DecimalString], Field(min_length=1, max_length=64), IN_STORED_ORDER
    ]
    """Whole tokens at the start, by symbol."""
    sizing: Sizing = Sizing()
    limits: RunLimits = RunLimits()
    seed: int = Field(0, ge=0, lt=2**63)
    record: Literal["trades", "summary", "events"] = "trades"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.to <= self.from_:
            raise ValueError("to: must be later than from")
        is_modelled = not isinstance(self.market, RecordedMarket)
        if is_modelled != isinstance(self.data, CandleData):
            raise ValueError("market: candles need a model, and what was recorded needs none")
        if isinstance(self.strategy, RecordedFlows) != isinstance(self.data, RecordedData):
            raise ValueError("strategy: recorded flows go with recorded data, and only with it")
        return self


class Manifest(Document):
    """A run, and the versions and hashes of what it was run with. Its own hash names a result."""

    run: Run
    engine: str = Field(max_length=32)
    """`simulation@1`: changes whenever the same run would have another result."""
    package: str = Field(max_length=32)
    """The version of Tradewind, for the reader; the engine's version decides."""
    strategy_sha256: Sha256 | None = Field(None, exclude_if=is_absent)
    """Of the source file of an installed strategy."""
    dataset_sha256: Sha256 | None = Field(None, exclude_if=is_absent)
    """Of the dataset's file; of recorded flows, of the ids of all that was decided on them."""
    more_sha256: Annotated[
        dict[DatasetId, Sha256], Field(max_length=MAX_INSTRUMENTS), IN_STORED_ORDER
    ] = Field(default_factory=dict, exclude_if=is_empty)
    """Of the files of all other datasets that are read."""
    tokens_sha256: Sha256
    bars_total: int = Field(ge=0, le=MAX_BARS)


def is_within(run: Run, moment: datetime) -> bool:
    """Return whether a moment belongs to a run: `from` does, `to` does not."""
    return run.from_ <= moment < run.to
