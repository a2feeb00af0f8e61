"""What a gateway would answer about back-tests, prices and the past: made of the contracts."""

import json
import math
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from tradewind.contracts.backtests.model import (
    CandleData,
    ConstantMarket,
    InstalledStrategy,
    Manifest,
    ModelledPool,
    Run,
    RunStatus,
)
from tradewind.contracts.backtests.results import (
    Costs,
    EquityPoint,
    Exactness,
    Metrics,
    Month,
    OfInstrument,
    Outcome,
    Results,
    Trade,
)
from tradewind.contracts.wire import format_timestamp

FIRST: Final = "01M8G5E8C33SMXKYM4C561G401"
SECOND: Final = "01M8G5E8C33SMXKYM4C561G402"
RUNNING: Final = "01M8G5E8C33SMXKYM4C561G403"
SWEEP: Final = "01M8G5E8C33SMXKYM4C561G404"
FAILED: Final = "01M8G5E8C33SMXKYM4C561G405"
DATASET: Final = "ds-0123456789abcdef"
INSTRUMENT: Final = "ethereum-WETH-USDC"
START: Final = datetime(2025, 11, 3, tzinfo=UTC)
END: Final = datetime(2026, 5, 4, tzinfo=UTC)
BARS: Final = 262_080
TRADES: Final = 420
EVENTS: Final = 53_054
SYMBOL: Final = "WETH/USDC"
HISTORIES: Final = Path(__file__).parents[1] / "replay" / "histories"
HASH: Final = "3f" * 32


def manifest(fast: int = 9, slow: int = 21) -> Manifest:
    run = Run.model_validate(
        {
            "strategy": InstalledStrategy(name="ema_cross", params={"fast": fast, "slow": slow}),
            "instruments": (INSTRUMENT,),
            "from": START,
            "to": END,
            "data": CandleData(dataset=DATASET, interval="1m"),
            "market": ConstantMarket(
                pools=(
                    ModelledPool(fee_pips=500, depth_usd=Decimal(40_000_000)),
                    ModelledPool(fee_pips=3000, depth_usd=Decimal(12_000_000)),
                )
            ),
            "portfolio": {"USDC": Decimal(10_000)},
            "seed": 7,
        }
    )
    return Manifest(
        run=run,
        engine="simulation@1",
        package="0.1.0",
        strategy_sha256=HASH,
        dataset_sha256=HASH,
        tokens_sha256=HASH,
        bars_total=BARS,
    )


def metrics() -> Metrics:
    """Return metrics of which one is not defined."""
    return Metrics(
        start_equity=Decimal(10_000),
        end_equity=Decimal("11482.317744"),
        total_return=Decimal("0.148231"),
        cagr=Decimal("0.319202"),
        volatility=Decimal("0.281903"),
        sharpe=Decimal("1.204431"),
        sortino=Decimal("1.733002"),
        max_drawdown=Decimal("-0.113904"),
        max_drawdown_bars=48_211,
        calmar=Decimal("2.802377"),
        win_rate=Decimal("0.414286"),
        profit_factor=Decimal("1.204518"),
        expectancy=Decimal("7.05865"),
        expectancy_share=Decimal("0.000671"),
        exposure_time=Decimal("0.512804"),
        turnover=Decimal("81.502931"),
        buy_and_hold=Decimal("-0.064112"),
        probabilistic_sharpe=Decimal("0.801223"),
        system_quality=None,
        trades=TRADES,
        refused={"NOTIONAL_LIMIT": 3},
        reverted=2,
        longest_losing_run=9,
        best_trade=Decimal("311.902114"),
        worst_trade=Decimal("-140.228101"),
        costs=Costs(
            pool_fees=Decimal("2104.118201"),
            gas=Decimal("96.411002"),
            reverted_gas=Decimal("0.402511"),
            price_impact=Decimal("310.220194"),
            volume=Decimal("4208236.402100"),
        ),
        days=182,
        bars=BARS,
        undefined={"system_quality": "the profits of all closed trades are equal"},
    )


@cache
def equity(seed: int = 7) -> list[dict[str, Any]]:
    """Return a curve that rises, falls and recovers in part."""
    draw, points, peak = random.Random(seed), [], 0.0
    worth, held = 10_000.0, 10_000.0
    for number in range(500):
        worth *= 1 + draw.gauss(0.0006 if number % 170 < 110 else -0.0009, 0.006)
        held *= 1 + draw.gauss(-0.0001, 0.008)
        high = worth * (1 + abs(draw.gauss(0, 0.004)))
        peak = max(peak, high)
        low = worth * (1 - abs(draw.gauss(0, 0.004)))
        point = EquityPoint(
            time=START + number * (END - START) / 500,
            equity=_money(worth),
            low=_money(low),
            high=_money(high),
            drawdown=_money(low / peak - 1),
            cash=_money(worth * (number % 2)),
            exposure=Decimal(number % 2),
            benchmark=_money(held),
        )
        points.append(_plain(point))
    return points


def _money(value: float) -> Decimal:
    return Decimal(f"{value:.6f}")


def _plain(document: Any) -> dict[str, Any]:
    plain: dict[str, Any] = document.model_dump(mode="json", by_alias=True)
    return plain


def results() -> dict[str, Any]:
    draw = random.Random(3)
    months = [f"2025-{month}" for month in (11, 12)] + [f"2026-0{month}" for month in range(1, 6)]
    return _plain(
        Results(
            exactness=Exactness.MODELLED,
            metrics=metrics(),
            months=tuple(
                Month(month=one, total_return=_money(draw.gauss(0.01, 0.03)), trades=60)
                for one in months
            ),
            instruments=(
                OfInstrument(
                    instrument=INSTRUMENT,
                    profit=Decimal("1482.317744"),
                    trades=TRADES,
                    volume=Decimal("4208236.4021"),
                ),
            ),
            guards={
                "truncation": "7 cuts: the same signals",
                "sampled_trades": "100 trades decided again: equal",
            },
            result_sha256=HASH,
            signals_sha256=HASH,
        )
    )


@cache
def trade(number: int) -> dict[str, Any]:
    """Return a trade: purchases and sales in turn, and now and then one that failed."""
    is_sale = number % 2 == 0
    outcome = Outcome.REVERTED if number % 97 == 0 else Outcome.FILLED
    profit = Decimal(f"{math.sin(number) * 90:.6f}") if is_sale else None
    return _plain(
        Trade(
            number=number,
            time=START + number * timedelta(hours=10),
            filled_at=START + number * timedelta(hours=10, seconds=12),
            instrument=INSTRUMENT,
            side="dispose" if is_sale else "acquire",
            outcome=outcome,
            amount_in=10**10 + number,
            amount_out=3 * 10**18 + number,
            price=Decimal("3000.412311") + number,
            notional=Decimal("10020.114233"),
            fee=Decimal("5.010057"),
            gas=Decimal("0.230101"),
            impact_bps=Decimal("0.74"),
            profit=profit if outcome is Outcome.FILLED else None,
            position_after=Decimal(0) if is_sale else Decimal("3.3333"),
            reason="TOO_LITTLE_RECEIVED" if outcome is Outcome.REVERTED else None,
        )
    )


def events_of_a_trade() -> list[dict[str, Any]]:
    """Return the recorded history of an intent that was completed."""
    lines = (HISTORIES / "paper_acquire.jsonl").read_text().splitlines()[1:]
    bodies = [json.loads(line) for line in lines]
    events = [json.loads(one["body"]) for one in bodies if "body" in one]
    return [one for one in events if one["correlationId"].startswith("intent-")]


def item(run_id: str, status: RunStatus, **changed: Any) -> dict[str, Any]:
    """Return a run as lists show it."""
    is_done = status is RunStatus.COMPLETED
    summary = {"total_return": "0.148231", "max_drawdown": "-0.113904", "sharpe": "1.204431"}
    return {
        "run_id": run_id,
        "correlation_id": f"backtest-{run_id}",
        "label": None,
        "status": status.value,
        "strategy": "ema_cross",
        "instruments": [INSTRUMENT],
        "from": format_timestamp(START),
        "to": format_timestamp(END),
        "sweep_id": None,
        "requested_by": "local",
        "candles_total": BARS,
        "candles_processed": BARS if is_done else 0,
        "percent": "100" if is_done else "0",
        "created_at": "2026-05-04T08:00:00.000Z",
        "started_at": "2026-05-04T08:00:02.000Z",
        "completed_at": "2026-05-04T08:00:09.000Z" if is_done else None,
        "summary": {**summary, "trades": TRADES} if is_done else None,
        **changed,
    }


def detail(one: dict[str, Any]) -> dict[str, Any]:
    """Return the same run with all that is known of it."""
    is_done = one["status"] == RunStatus.COMPLETED
    return {
        **one,
        "bars_per_second": 41_000,
        "eta_seconds": None,
        "trades": TRADES if is_done else 0,
        "equity": None,
        "manifest_sha256": HASH,
        "result_sha256": HASH if is_done else None,
        "signals_sha256": HASH if is_done else None,
        "reason": "LOOKS_AHEAD" if one["status"] == RunStatus.FAILED else None,
        "detail": "cut at 131072: the signal at 131001 is not there",
        "at": "bar 131001",
        "cancelled_by": None,
        "manifest": _plain(manifest()),
    }


def runs() -> list[dict[str, Any]]:
    """Return runs of every kind, the newest first."""
    swept = [
        item(
            f"01M8G5E8C33SMXKYM4C561G5{number:02}",
            RunStatus.COMPLETED if number < 9 else RunStatus.QUEUED,
            sweep_id=SWEEP,
            label="fast and slow",
        )
        for number in range(12)
    ]
    return [
        item(RUNNING, RunStatus.RUNNING, label="half a year", candles_processed=98_000),
        *swept,
        item(FAILED, RunStatus.FAILED, strategy="min_max"),
        item(FIRST, RunStatus.COMPLETED, label="first try"),
        item(SECOND, RunStatus.COMPLETED, label="deeper pools"),
    ]
