"""Makes manifests and histories of back-tests, as the gateway and a backtester make them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tests.support.factories import NOW
from tradewind.contracts.backtests.model import (
    CandleData,
    ConstantMarket,
    InstalledStrategy,
    Manifest,
    ModelledPool,
    Run,
)
from tradewind.contracts.backtests.payloads import (
    BacktestCancelled,
    BacktestCompleted,
    BacktestFailed,
    BacktestFailure,
    BacktestProgressed,
    BacktestRequested,
    RunState,
)
from tradewind.contracts.backtests.results import Costs, EquityPoint, Metrics, Outcome, Trade
from tradewind.contracts.backtests.strategies import AnnouncedStrategy, StrategyParameter
from tradewind.contracts.envelope import AnyEvent, first_event, next_events
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.payload import Payload
from tradewind.contracts.subjects import EventKey
from tradewind.datasets.model import Dataset, DatasetKind, Provenance
from tradewind.simulation.manifests import manifest_sha256

SHA256: Final = "a" * 64
DATASET_ID: Final = "ds-0123456789abcdef"
SIGNALS_ID: Final = "ds-fedcba9876543210"
INSTRUMENT: Final = "ethereum-WETH-USDC"
BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
BARS: Final = 1_440
END: Final = BEGIN + timedelta(minutes=BARS)
EMA_CROSS: Final = AnnouncedStrategy(
    name="ema_cross",
    version="1.0",
    sha256=SHA256,
    params={
        "fast": StrategyParameter(kind="integer", default=9, minimum=Decimal(1)),
        "slow": StrategyParameter(kind="integer", default=21, maximum=Decimal(500)),
        "band": StrategyParameter(kind="decimal", default="0"),
    },
    doc="Buys when the fast average crosses the slow one.",
)
REQUEST: Final[dict[str, Any]] = {
    "strategy": {"kind": "strategy", "name": "ema_cross", "params": {"fast": 5}},
    "instruments": [INSTRUMENT],
    "data": {"kind": "candles", "dataset": DATASET_ID},
}


def dataset(**changes: Any) -> Dataset:
    """Return the manifest of a day of minutes, with changes."""
    values: dict[str, Any] = {
        "dataset_id": DATASET_ID,
        "kind": DatasetKind.CANDLES,
        "instrument": INSTRUMENT,
        "interval": "1m",
        "from": BEGIN,
        "to": END,
        "rows": BARS,
        "sha256": SHA256,
        "bytes": 4_096,
        "provenance": Provenance(source="ccxt"),
        "created_at": NOW,
        "created_by": "operator",
    }
    return Dataset(**(values | changes))


def run(**changes: Any) -> Run:
    """Return an EMA cross over a day, with changes."""
    values: dict[str, Any] = {
        "strategy": InstalledStrategy(name="ema_cross", params={"fast": 5, "slow": 21}),
        "instruments": (INSTRUMENT,),
        "from": BEGIN,
        "to": END,
        "data": CandleData(dataset=DATASET_ID, interval="1m"),
        "market": ConstantMarket(pools=(ModelledPool(fee_pips=500, depth_usd=Decimal(10**6)),)),
        "portfolio": {"USDC": Decimal(10_000)},
    }
    return Run(**(values | changes))


def manifest(**changes: Any) -> Manifest:
    """Return the manifest of `run` with changes."""
    return Manifest(
        run=run(**changes),
        engine="simulation@1",
        package="0.1.0",
        strategy_sha256=SHA256,
        dataset_sha256=SHA256,
        tokens_sha256=SHA256,
        bars_total=BARS,
    )


def metrics(**changes: Any) -> Metrics:
    """Return the metrics of a run that gained a tenth, with changes."""
    ratios = dict.fromkeys(
        (
            *("cagr", "volatility", "sortino", "calmar", "win_rate", "profit_factor"),
            *("expectancy", "expectancy_share", "exposure_time", "turnover", "buy_and_hold"),
            *("probabilistic_sharpe", "system_quality", "best_trade", "worst_trade"),
        )
    )
    nothing = Decimal(0)
    values: dict[str, Any] = {
        **ratios,
        "start_equity": Decimal(10_000),
        "end_equity": Decimal(11_000),
        "total_return": Decimal("0.1"),
        "sharpe": Decimal("1.5"),
        "max_drawdown": Decimal("-0.05"),
        "max_drawdown_bars": 30,
        "trades": 3,
        "refused": {},
        "reverted": 0,
        "longest_losing_run": 1,
        "costs": Costs(
            pool_fees=Decimal(3),
            gas=nothing,
            reverted_gas=nothing,
            price_impact=nothing,
            volume=Decimal(30_000),
        ),
        "days": 1,
        "bars": BARS,
        "undefined": {},
    }
    return Metrics(**(values | changes))


def state(trades: int = 1) -> RunState:
    """Return what a slice leaves behind."""
    return RunState(
        balances={"USDC": 10**10},
        holdings=(),
        accumulated="{}",
        trades=trades,
        equity=Decimal(10_100),
        rows_sha256=SHA256,
    )


class History:
    """The events of one run, one after the other."""

    def __init__(self, number: int = 1, *, at: datetime = NOW, **changes: Any) -> None:
        """`number` tells one run from another; the others are fields of the request."""
        self.run_id = make_ulid(int(at.timestamp() * 1_000), number.to_bytes(10))
        asked = changes.pop("manifest", None) or manifest()
        opening = BacktestRequested(
            run_id=self.run_id,
            manifest=asked,
            manifest_sha256=manifest_sha256(asked),
            **changes,
        )
        self.correlation_id = make_correlation_id(CorrelationKind.BACKTEST, self.run_id)
        self.events: list[AnyEvent] = [
            first_event(
                opening,
                correlation_id=self.correlation_id,
                key=EventKey(),
                producer="gateway",
                at=at,
            )
        ]

    def progressed(self, bars: int, slice_: int | None = None) -> "History":
        """Add a slice."""
        number = slice_ or len(self.events)
        return self._add(
            BacktestProgressed(
                run_id=self.run_id,
                slice=number,
                bars_processed=bars,
                bars_total=BARS,
                state=state(number),
            )
        )

    def completed(self, **changes: Any) -> "History":
        """Add the end of a run with a result."""
        values: dict[str, Any] = {
            "metrics": metrics(),
            "result_sha256": "b" * 64,
            "signals_sha256": "c" * 64,
            "bars_processed": BARS,
        }
        return self._add(BacktestCompleted(run_id=self.run_id, **(values | changes)))

    def failed(self) -> "History":
        """Add the end of a run without one."""
        return self._add(
            BacktestFailed(
                run_id=self.run_id, reason=BacktestFailure.LOOKS_AHEAD, detail="cut 3", at="bar 7"
            )
        )

    def cancelled(self) -> "History":
        """Add the end of a run that somebody stopped."""
        return self._add(BacktestCancelled(run_id=self.run_id, requested_by="desk"))

    def _add(self, payload: Payload) -> "History":
        last = self.events[-1]
        at = last.timestamp + timedelta(seconds=1)
        self.events += next_events(last, [payload], producer="backtester", at=at)
        return self


def trade(number: int, **changes: Any) -> Trade:
    """Return a trade, with changes."""
    values: dict[str, Any] = {
        "number": number,
        "time": BEGIN + timedelta(minutes=number),
        "instrument": INSTRUMENT,
        "side": "acquire" if number % 2 else "dispose",
        "outcome": Outcome.FILLED,
        "amount_in": 10**9,
        "amount_out": 10**18,
        "price": Decimal(1_000),
        "notional": Decimal(1_000),
        "fee": Decimal("0.5"),
        "gas": Decimal("0.1"),
        "position_after": Decimal(number % 2),
    }
    return Trade(**(values | changes))


def points(equities: list[int]) -> Iterator[EquityPoint]:
    """Yield a point for each equity, a minute apart."""
    peak = equities[0]
    for place, equity in enumerate(equities):
        peak = max(peak, equity)
        yield EquityPoint(
            time=BEGIN + timedelta(minutes=place),
            equity=Decimal(equity),
            low=Decimal(equity - 1),
            high=Decimal(equity + 1),
            drawdown=Decimal(equity) / peak - 1,
            cash=Decimal(equity),
            exposure=Decimal(0),
            benchmark=Decimal(equity),
        )
