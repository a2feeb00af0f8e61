"""What a run leaves behind: metrics, an equity curve and trades. Money is exact, ratios are not."""

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field

from tradewind.contracts.backtests.model import Instrument, Sha256
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, is_absent
from tradewind.contracts.wire import IN_STORED_ORDER, BaseUnits, DecimalString, Document, Timestamp

METRICS_VERSION: Final = "metrics@1"
MAX_BUCKETS: Final = 5_000
"""Of the equity curve that is kept; each has minimum, maximum and last, so no peak is lost."""

Ratio = DecimalString | None
"""A number of six digits after the point; None where it is not defined (`undefined` says why)."""


class Exactness(StrEnum):
    """How true to a chain the fills of a run are."""

    EXACT = "exact"
    """Every state of the pools was recorded or replayed."""
    RECORDED = "recorded"
    """Pools as they were observed at decisions."""
    MODELLED = "modelled"
    """Pools were made around candles; the arithmetic is exact, the liquidity is not."""


class TradeOutcome(StrEnum):
    """What became of a signal that was acted on."""

    FILLED = "filled"
    REVERTED = "reverted"
    REFUSED = "refused"


Outcome = TradeOutcome
"""Its shorter name in code; decisions about signals have an `Outcome` of their own."""


class Costs(Document):
    """What trading cost, in units of quote."""

    pool_fees: DecimalString
    gas: DecimalString
    reverted_gas: DecimalString
    price_impact: DecimalString
    """Against the mid price before each swap."""
    volume: DecimalString


class Metrics(Document):
    """`metrics@1`: daily returns of UTC days, 365 a year, a riskless rate of 0.

    Each is defined in docs/contracts/metrics.md.
    """

    version: Literal["metrics@1"] = METRICS_VERSION
    start_equity: DecimalString
    end_equity: DecimalString
    total_return: Ratio
    cagr: Ratio
    volatility: Ratio
    sharpe: Ratio
    sortino: Ratio
    max_drawdown: Ratio
    max_drawdown_bars: int | None
    """From the peak to its recovery; to the end where it was not recovered."""
    calmar: Ratio
    win_rate: Ratio
    profit_factor: Ratio
    expectancy: Ratio
    """Mean profit of a closed trade, in quote."""
    expectancy_share: Ratio
    """The same as a share of its entry."""
    exposure_time: Ratio
    turnover: Ratio
    buy_and_hold: Ratio
    probabilistic_sharpe: Ratio
    system_quality: Ratio
    trades: int
    refused: Annotated[dict[str, int], IN_STORED_ORDER]
    """By reason."""
    reverted: int
    longest_losing_run: int
    best_trade: Ratio
    worst_trade: Ratio
    costs: Costs
    days: int
    bars: int
    undefined: Annotated[dict[str, str], IN_STORED_ORDER]
    """Why a ratio is None, by its name."""


class Month(Document):
    """A calendar month of a run, in UTC."""

    month: str = Field(pattern=r"^\d{4}-\d\d$")
    total_return: Ratio
    trades: int


class OfInstrument(Document):
    """What an instrument contributed."""

    instrument: Instrument
    profit: DecimalString
    trades: int
    volume: DecimalString


class Results(Document):
    """The answer to a run, at most 64 KiB."""

    exactness: Exactness
    metrics: Metrics
    months: Annotated[tuple[Month, ...], Field(max_length=600)]
    instruments: Annotated[tuple[OfInstrument, ...], Field(max_length=64)]
    guards: Annotated[dict[str, str], IN_STORED_ORDER]
    """Which checks were made, and what came of each: `truncation`, `sampled_trades`, ..."""
    result_sha256: Sha256
    """Over metrics, equity and every trade: equal for equal manifests."""
    signals_sha256: Sha256
    """Over the signals alone, which tells floating point apart from execution."""


class EquityPoint(Document):
    """A bucket of the equity curve, in units of quote."""

    time: Timestamp
    equity: DecimalString
    low: DecimalString
    high: DecimalString
    drawdown: DecimalString
    cash: DecimalString
    exposure: DecimalString
    """The share of equity that is not cash."""
    benchmark: DecimalString
    """What buying at the start and holding would be worth."""


class Trade(Document):
    """A signal that was acted on, numbered from 1."""

    number: int = Field(ge=1)
    time: Timestamp
    """Of the decision."""
    filled_at: Timestamp | None = Field(None, exclude_if=is_absent)
    instrument: Instrument
    side: Literal["acquire", "dispose"]
    outcome: Outcome
    amount_in: BaseUnits
    amount_out: BaseUnits
    price: DecimalString | None = Field(None, exclude_if=is_absent)
    notional: DecimalString
    fee: DecimalString
    gas: DecimalString
    impact_bps: DecimalString | None = Field(None, exclude_if=is_absent)
    profit: DecimalString | None = Field(None, exclude_if=is_absent)
    """Realised by it, net of fee and gas; of sales only."""
    position_after: DecimalString
    reason: str | None = Field(None, max_length=64, exclude_if=is_absent)
    detail: str | None = Field(None, max_length=MAX_DETAIL_LENGTH, exclude_if=is_absent)
