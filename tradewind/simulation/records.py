"""The rows of a run as the engine makes them: integers, turned into documents when stored."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple, Protocol

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.backtests.results import EquityPoint, Outcome, Trade
from tradewind.contracts.instruments.assets import Asset, instrument_key
from tradewind.contracts.precision import PRICE
from tradewind.simulation.inputs import Side
from tradewind.simulation.manifests import canonical_json
from tradewind.trading.marketdata.intervals import from_milliseconds

PRICE_DIGITS: Final = 18
RATIO_DIGITS: Final = 6
BPS: Final = 10_000
BPS_STEP: Final = Decimal("0.01")
MAX_RECORD_BYTES: Final = 4_096


@dataclass(frozen=True)
class Pair:
    """The tokens of an instrument."""

    base: Asset
    quote: Asset

    @cached_property
    def instrument(self) -> str:
        """`<chain>-<base>-<quote>`."""
        return instrument_key(self.base, self.quote)

    @cached_property
    def units(self) -> dict[int, tuple[int, int]]:
        """What `prices.units_of` has computed, by the decimals of a price."""
        return {}

    @cached_property
    def symbols(self) -> str:
        """`<base>/<quote>`."""
        return f"{self.base.symbol}/{self.quote.symbol}"

    @cached_property
    def is_base_token0(self) -> bool:
        """Whether the pools of the pair call the base token0."""
        return int(self.base.address, 16) < int(self.quote.address, 16)


new: Final = tuple.__new__
"""Makes a named tuple of all its values, in a third of the time of its own constructor."""


class PoolRead(NamedTuple):
    """A pool at one moment, as a decision read it. Its ticks follow from the manifest's market."""

    fee_pips: int
    tick_spacing: int
    sqrt_price_x96: int
    tick: int
    liquidity: int
    address: str
    shape: str = ""
    """What its ticks are: empty for liquidity that is the same everywhere, else `<id>@<moved>`, the
    content id of `instrument.pool_observed` and the ticks it was moved by."""


class PoolReads(Protocol):
    """The pools of a moment, which need not be written out before somebody asks."""

    @property
    def reads(self) -> tuple[PoolRead, ...]:
        """Each pool, in the manifest's order."""
        ...


class WrittenReads(NamedTuple):
    """Implements `PoolReads` for a record that was stored."""

    reads: tuple[PoolRead, ...]


class TradeRecord(NamedTuple):
    """A trade, and all that its decision read; amounts are base units, costs those of quote."""

    number: int
    pair: Pair
    side: Side
    outcome: Outcome
    decided_ms: int
    arrived_ms: int
    amount: int
    """Of base, as the intent asked."""
    amount_in: int
    """What was paid; of a trade that was reverted or refused what it would have paid, or 0."""
    amount_out: int
    """What came in; 0 unless filled."""
    min_out: int
    notional: int
    """The amount at the mid price of the decision."""
    fee: int
    gas: int
    impact: int
    """Against the mid price before the swap, beyond the pool's fee."""
    gas_used: int
    gas_price_wei: int
    profit: int | None
    cost: int | None
    """What was paid for the lots that a sale sold."""
    cash_before: int
    position_before: int
    position_after: int
    pool: int
    """The chosen pool among those read; -1 where none was, -2 where several shared the swap."""
    decided_on: PoolReads
    arrived_at: PoolReads
    native: int
    native_decimals: int
    """The native coin's price in quote is `native` / 10**native_decimals."""
    reason: str | None = None
    detail: str | None = None
    slippage: Decimal | None = None
    """What the intent allowed; None where the run's own holds."""

    @property
    def trade(self) -> Trade:
        """The row that is shown."""
        return _trade(self)

    @property
    def native_price(self) -> Decimal:
        """Units of quote per whole native coin."""
        return from_base_units(self.native, self.native_decimals)

    @property
    def decision(self) -> tuple[PoolRead, ...]:
        """The pools that the decision read."""
        return self.decided_on.reads

    @property
    def arrival(self) -> tuple[PoolRead, ...]:
        """The same pools when the order arrived."""
        return self.arrived_at.reads

    @property
    def line(self) -> str:
        """The trade's part of the hash of rows: its numbers, without what its decision read."""
        return (
            f"{self.number}|{self.pair.symbols}|{self.side}|"
            f"{self.outcome!s}|{self.decided_ms}|{self.arrived_ms}|{self.amount}|{self.amount_in}|"
            f"{self.amount_out}|{self.min_out}|{self.notional}|{self.fee}|{self.gas}|"
            f"{self.impact}|{self.profit}|{self.position_after}|{self.reason}\n"
        )

    def to_json(self) -> str:
        """Return the whole record as canonical JSON, about 1 KB for three pools."""
        document = self._asdict()
        pair = (self.pair.base, self.pair.quote)
        document["pair"] = [one.model_dump(mode="json") for one in pair]
        document["slippage"] = None if self.slippage is None else format(self.slippage, "f")
        document["decided_on"], document["arrived_at"] = self.decision, self.arrival
        return canonical_json(document)

    @classmethod
    def from_json(cls, text: str) -> "TradeRecord":
        """Return the record that `to_json` wrote; ValueError for anything else."""
        return _read(text)


class DayEnd(NamedTuple):
    """The last equity of a UTC day within a row, and the trades that arrived on that day."""

    day: int
    """Days since 1970."""
    equity: int
    """Base units of quote."""
    trades: int


class EquityRow(NamedTuple):
    """A bucket of the equity curve; its days carry what daily returns need.

    Money is base units of quote, ratios are millionths.
    """

    number: int
    """From 1 over the whole run."""
    time_ms: int
    """The last close in it."""
    equity: int
    low: int
    high: int
    drawdown: int
    cash: int
    exposure: int
    benchmark: int
    quote_decimals: int
    days: tuple[DayEnd, ...] = ()

    @property
    def time(self) -> datetime:
        """The last close in it, in UTC."""
        return from_milliseconds(self.time_ms)

    @property
    def point(self) -> EquityPoint:
        """The row that is shown."""

        def money(units: int) -> Decimal:
            return from_base_units(units, self.quote_decimals)

        return EquityPoint(
            time=self.time,
            equity=money(self.equity),
            low=money(self.low),
            high=money(self.high),
            drawdown=Decimal(self.drawdown).scaleb(-RATIO_DIGITS),
            cash=money(self.cash),
            exposure=Decimal(self.exposure).scaleb(-RATIO_DIGITS),
            benchmark=money(self.benchmark),
        )

    @property
    def line(self) -> str:
        """The row's part of the hash of rows."""
        return f"{self.to_json()}\n"

    def to_json(self) -> str:
        """Return the row as canonical JSON."""
        days = ""
        if self.days:
            days = ",".join([f"[{day},{equity},{trades}]" for day, equity, trades in self.days])
        # The integers of a tuple are written in one go.
        numbers = repr(self[:10])[1:-1].replace(" ", "")
        return f"[{numbers},[{days}]]"

    @classmethod
    def from_json(cls, text: str) -> "EquityRow":
        """Return the row that `to_json` wrote; ValueError for anything else."""
        values = json.loads(text)
        return cls._make([*values[:10], tuple(DayEnd(*one) for one in values[10])])


def _trade(record: TradeRecord) -> Trade:
    base, quote = record.pair.base, record.pair.quote
    is_filled = record.outcome is Outcome.FILLED

    def money(units: int) -> Decimal:
        return from_base_units(units, quote.decimals)

    return Trade(
        number=record.number,
        time=from_milliseconds(record.decided_ms),
        filled_at=from_milliseconds(record.arrived_ms) if is_filled else None,
        instrument=record.pair.instrument,
        side=record.side,
        outcome=record.outcome,
        amount_in=record.amount_in if is_filled else 0,
        amount_out=record.amount_out if is_filled else 0,
        price=_price(record) if is_filled else None,
        notional=money(record.notional),
        fee=money(record.fee),
        gas=money(record.gas),
        impact_bps=_impact_bps(record) if is_filled else None,
        profit=None if record.profit is None else money(record.profit),
        position_after=from_base_units(record.position_after, base.decimals),
        reason=record.reason,
        detail=record.detail,
    )


def _price(record: TradeRecord) -> Decimal | None:
    """Return what a whole base cost or yielded, fee included."""
    base, quote = record.pair.base, record.pair.quote
    is_acquire = record.side == "acquire"
    paid, got = record.amount_in, record.amount_out
    units, amount = (paid, got) if is_acquire else (got, paid)
    if not amount or not units:
        return None
    price = PRICE.divide(
        from_base_units(units, quote.decimals), from_base_units(amount, base.decimals)
    )
    step = Decimal(1).scaleb(max(price.adjusted() - PRICE_DIGITS + 1, -36))
    return price.quantize(step, rounding=ROUND_HALF_EVEN, context=PRICE)


def _impact_bps(record: TradeRecord) -> Decimal | None:
    if record.notional <= 0:
        return None
    return (Decimal(record.impact * BPS) / record.notional).quantize(BPS_STEP)


def _read(text: str) -> TradeRecord:
    if len(text) > MAX_RECORD_BYTES:
        raise ValueError(f"a record of {len(text)} characters, {MAX_RECORD_BYTES} are allowed")
    document: dict[str, Any] = json.loads(text)
    side: Literal["acquire", "dispose"] = document["side"]
    try:
        return TradeRecord(
            **{
                **document,
                "side": side,
                "outcome": Outcome(document["outcome"]),
                "pair": Pair(*(Asset(**one) for one in document["pair"])),
                "slippage": None if document["slippage"] is None else Decimal(document["slippage"]),
                "decided_on": _written(document["decided_on"]),
                "arrived_at": _written(document["arrived_at"]),
            }
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"no record of a trade: {error}") from None


def _written(reads: Any) -> WrittenReads:
    return WrittenReads(tuple(PoolRead(*one) for one in reads))
