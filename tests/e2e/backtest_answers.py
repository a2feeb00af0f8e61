"""What a gateway would answer about back-tests, prices and the past: made of the contracts."""

import json
import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from tests.e2e.recorded import Query, RecordedGateway
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
_HASH: Final = "3f" * 32
_PLATFORM: Final = {
    "version": "0.1.0",
    "build": None,
    "mode": "dev_chain",
    "chain": "ethereum",
    "chain_id": 31337,
    "venues": [],
    "paper_strategies": [],
    "asks_for_keys": False,
    "caller": {
        "key_id": "local",
        "scopes": ["read", "trade"],
        "strategies": ["*"],
        "portfolios": ["*"],
    },
    "partitions": 1,
    "limits": {},
    "started_at": "2026-05-04T00:00:00.000Z",
    "now": "2026-05-04T00:00:00.000Z",
}


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
        strategy_sha256=_HASH,
        dataset_sha256=_HASH,
        tokens_sha256=_HASH,
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
            result_sha256=_HASH,
            signals_sha256=_HASH,
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
        "manifest_sha256": _HASH,
        "result_sha256": _HASH if is_done else None,
        "signals_sha256": _HASH if is_done else None,
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


def sweep() -> dict[str, Any]:
    """Return a sweep that is over."""
    return {
        "sweep_id": SWEEP,
        "status": "completed",
        "label": "fast and slow",
        "requested_by": "local",
        "grid": {"fast": [5, 9, 13], "slow": [21, 34, 55, 89]},
        "walk_forward": None,
        "trials_total": 12,
        "trials_requested": 12,
        "created_at": "2026-05-04T08:00:00.000Z",
        "completed_at": "2026-05-04T08:01:00.000Z",
        "best_run_id": "01M8G5E8C33SMXKYM4C561G500",
        "detail": None,
        "table": {
            "trials": [
                {
                    "number": 4 * at + number + 1,
                    "run_id": f"01M8G5E8C33SMXKYM4C561G5{4 * at + number:02}",
                    "stage": "trials",
                    "window": 0,
                    "params": {"fast": fast, "slow": slow},
                    "from": format_timestamp(START),
                    "to": format_timestamp(END),
                }
                for at, fast in enumerate((5, 9, 13))
                for number, slow in enumerate((21, 34, 55, 89))
            ],
            "deflated_sharpe": "0.412044",
            "overfitting_probability": "0.371428",
            "out_of_sample_return": None,
            "undefined": {"out_of_sample_return": "no walk forward"},
        },
    }


def compared() -> dict[str, Any]:
    """Return two runs that differ from their fifth trade on."""
    changed = {**trade(5), "amount_out": str(3 * 10**18), "price": "3001.100000"}
    one, other = (detail(item(run_id, RunStatus.COMPLETED)) for run_id in (FIRST, SECOND))
    return {
        "a": one,
        "b": other,
        "is_equal": False,
        "are_signals_equal": True,
        "manifest": [{"field": "run.market.pools.0.depth_usd", "a": "40000000", "b": "90000000"}],
        "metrics": [
            {"metric": "total_return", "a": "0.148231", "b": "0.170118", "difference": "0.021887"},
            {"metric": "sharpe", "a": "1.204431", "b": "1.300222", "difference": "0.095791"},
            {"metric": "volatility", "a": "0.281903", "b": "0.290011", "difference": "0.008108"},
            {"metric": "trades", "a": "420", "b": "420", "difference": "0"},
            {"metric": "system_quality", "a": None, "b": "1.1", "difference": None},
        ],
        "first_trade": {"number": 5, "cause": "execution", "a": trade(5), "b": changed},
        "trades_compared": 420,
    }


def strategies() -> list[dict[str, Any]]:
    return [
        {
            "name": "ema_cross",
            "version": "0.1.0",
            "sha256": _HASH,
            "doc": "Buys when the fast mean crosses the slow one upwards, sells when it falls back.",
            "params": {
                "fast": {
                    "kind": "integer",
                    "default": 9,
                    "minimum": "2",
                    "maximum": "500",
                    "doc": "Bars of the fast mean",
                },
                "slow": {"kind": "integer", "default": 21, "doc": "Bars of the slow mean"},
            },
        },
        {"name": "buy_and_hold", "version": "0.1.0", "sha256": _HASH},
    ]


def dataset() -> dict[str, Any]:
    return {
        "dataset_id": DATASET,
        "kind": "candles",
        "instrument": INSTRUMENT,
        "interval": "1m",
        "from": format_timestamp(START),
        "to": format_timestamp(END),
        "rows": BARS,
        "sha256": _HASH,
        "bytes": 4_200_000,
        "gaps_total": 2,
    }


def symbols() -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    pairs = (("WETH", "USDC", "3004.84"), ("WBTC", "DAI", "60104.3"), ("ETH-PERP", "USD", "3005.1"))
    return [
        {
            "symbol": f"{base}/{quote}" if base != "ETH-PERP" else base,
            "instrument": f"ethereum-{base}-{quote}",
            "base": base,
            "quote": quote,
            "sources": ["pools"],
            "status": "enabled" if base != "ETH-PERP" else None,
            "last_price": price,
            "last_time": format_timestamp(now - timedelta(seconds=4 + 400 * number)),
            "stale": number == 2,
            "intervals": ["1m", "5m", "15m", "1h", "4h", "1d"],
            "from": format_timestamp(now - timedelta(days=3)),
            "to": format_timestamp(now),
        }
        for number, (base, quote, price) in enumerate(pairs)
    ]


def candles(query: Query) -> dict[str, Any]:
    """Return candles with a gap, of which the last one goes on."""
    draw, worth = random.Random(5), 3_000.0
    limit = int(query.get("limit", "100"))
    minutes = {"1m": 1, "5m": 5, "15m": 15, "1h": 60, "4h": 240, "1d": 1_440}[query["interval"]]
    length = timedelta(minutes=minutes)
    begin = datetime(2026, 5, 4, 12, tzinfo=UTC) - limit * length
    gap = range(limit // 3, limit // 3 + 8)
    items = []
    for number in range(limit):
        opened, worth = worth, worth * (1 + draw.gauss(0, 0.0012))
        if number in gap:
            continue
        items.append(
            {
                "time": format_timestamp(begin + number * length),
                "open": f"{opened:.2f}",
                "high": f"{max(opened, worth) * (1 + abs(draw.gauss(0, 0.0006))):.2f}",
                "low": f"{min(opened, worth) * (1 - abs(draw.gauss(0, 0.0006))):.2f}",
                "close": f"{worth:.2f}",
                "volume": f"{draw.uniform(1, 90):.4f}",
                "ticks": draw.randrange(3, 60),
                "closed": number < limit - 1,
            }
        )
    gaps = [
        {
            "from": format_timestamp(begin + gap[0] * length),
            "to": format_timestamp(begin + (gap[-1] + 1) * length),
        }
    ]
    found = {"symbol": SYMBOL, "instrument": INSTRUMENT, "interval": query["interval"]}
    return {**found, "items": items, "gaps": gaps}


def ticks() -> list[dict[str, Any]]:
    draw, now = random.Random(9), datetime(2026, 5, 4, 12, tzinfo=UTC)
    return [
        {
            "time": format_timestamp(now - number * timedelta(seconds=12)),
            "symbol": SYMBOL,
            "instrument": INSTRUMENT,
            "price": f"{3_004 + draw.gauss(0, 2):.4f}",
            "source": "pools",
            "block_number": 1_709 - number,
            "volume": None,
            "sequence": 10_000 - number,
        }
        for number in range(18)
    ]


def as_of(sequence: int) -> dict[str, Any]:
    """Return how everything stood after an event."""
    done = sequence // 9
    worth = 100_000 + 400 * math.sin(sequence / 900)
    return {
        "sequence": sequence,
        "recorded_at": format_timestamp(START + sequence * timedelta(seconds=40)),
        "incarnation": "01M8G5E8C33SMXKYM4C561G400",
        "counters": {
            "events": sequence,
            "by_topic": {
                "exec.completed": done,
                "exec.failed": done // 60,
                "intent.submitted": done + 4,
                "plan.created": done + 1,
                "risk.approved": done + 2,
                "risk.rejected": done // 20,
            },
            "refusals": [{"stage": "risk", "reason": "NOTIONAL_LIMIT", "count": done // 20}],
        },
        "open_flows": [
            {
                "kind": "intent",
                "last_topic": "intent.submitted",
                "count": 2,
                "oldest_sequence": max(1, sequence - 12),
                "oldest": "intent-01M8G5E8C33SMXKYM4C561G410",
            },
            {
                "kind": "intent",
                "last_topic": "exec.started",
                "count": 1 + sequence % 3,
                "oldest_sequence": max(1, sequence - 5),
                "oldest": "intent-01M8G5E8C33SMXKYM4C561G411",
            },
        ],
        "positions": [
            {
                "strategy_id": "demo",
                "instrument": INSTRUMENT,
                "quantity": "12.503311",
                "average_cost": "2994.220114",
                "realized_pnl": f"{sequence / 97:.6f}",
                "fills": done,
                "last_fill_sequence": max(0, sequence - 3),
            }
        ],
        "portfolio": {
            "cash_usd": "62490.11",
            "equity_usd": f"{worth:.2f}",
            "gross_exposure_usd": "37509.9",
            "net_exposure_usd": "37509.9",
            "realized_pnl_usd": f"{sequence / 97:.2f}",
            "unrealized_pnl_usd": "-12.4",
            "day_pnl_usd": "14.1",
            "gas_usd": "3.2",
            "claimed_usd": "0",
            "position_count": 1,
            "open_intents": 3 + sequence % 3,
            "portfolios": [],
            "truncated": False,
        },
        "prices": [
            {
                "instrument": INSTRUMENT,
                "price_usd": f"{3_000 + 9 * math.sin(sequence / 300):.6f}",
                "quote_price_usd": "1.0001",
                "sequence": max(1, sequence - 2),
                "decided_at": format_timestamp(START + sequence * timedelta(seconds=40)),
            }
        ],
        "market": None,
        "limits": {
            "policy_version": 3,
            "content": _HASH,
            "applied_by": "ops",
            "applied_at": format_timestamp(START),
            "sequence": 120,
        },
        "halts": [
            {
                "scope": "portfolio:demo",
                "state": "reducing",
                "reason": "drawdown was looked into",
                "by": "ops",
                "since": format_timestamp(START),
                "until": None,
            }
        ]
        if sequence % 2_000 < 900
        else [],
        "truncated": False,
    }


def what_if() -> dict[str, Any]:
    days = [START + timedelta(days=number) for number in range(30)]
    return {
        "decisions": 12_904,
        "same": 12_871,
        "flips": [
            {
                "correlation_id": f"intent-01M8G5E8C33SMXKYM4C561G4{number}",
                "time": format_timestamp(START + timedelta(hours=number)),
                "strategy_id": "demo",
                "instrument": INSTRUMENT,
                "before": "accepted",
                "after": "refused",
                "reason": "NOTIONAL_LIMIT",
            }
            for number in range(10, 43)
        ],
        "flips_total": 33,
        "profit_before": "1482.31",
        "profit_after": "1610.02",
        "drawdown_before": "-0.113904",
        "drawdown_after": "-0.094",
        "by_rule": [
            {"rule": "NOTIONAL_LIMIT", "flips": 30},
            {"rule": "POSITION_LIMIT", "flips": 3},
        ],
        "by_day": [
            {
                "day": f"{day:%Y-%m-%d}",
                "flips": number % 4,
                "profit_delta": f"{math.sin(number) * 30 * (number % 4 > 0):.2f}",
            }
            for number, day in enumerate(days)
        ],
        "sampled": False,
    }


def _trades(query: Query) -> dict[str, Any]:
    limit, is_newest_first = int(query.get("limit", "50")), query.get("order") == "desc"
    numbers: Sequence[int] = range(1, TRADES + 1)
    found = [trade(number) for number in (reversed(numbers) if is_newest_first else numbers)]
    wanted = [one for one in found if query.get("outcome") in (None, one["outcome"])]
    begin = next(
        (at + 1 for at, one in enumerate(wanted) if str(one["number"]) == query.get("cursor")), 0
    )
    page = wanted[begin : begin + limit]
    more = begin + limit < len(wanted)
    return {"items": page, "next_cursor": page[-1]["number"] if more else None}


def _listed(query: Query) -> dict[str, Any]:
    wanted = {name: query[name] for name in ("status", "strategy", "sweep_id") if name in query}
    items = [one for one in runs() if all(one[name] == value for name, value in wanted.items())]
    return {"items": items, "next_cursor": None}


def _events(query: Query) -> dict[str, Any]:
    """Return the event before a place."""
    events, place = events_of_a_trade(), int(query.get("cursor", EVENTS)) - 1
    event = events[place % len(events)]
    recorded = {"global_seq": place, "recorded_at": event["timestamp"], "event": event}
    return {"items": [recorded], "next_cursor": None}


def _model() -> dict[str, Any]:
    prompts = [
        {
            "model": "careful",
            "prompt_version": f"v{number}",
            "vendor": "openai",
            "vendor_model": "a-model",
            "role": "voting",
            "calls": 900 * number,
            "by_status": {"ok": 880 * number, "timeout": 15 * number, "invalid_output": 5 * number},
            "error_share": 0.02,
            "latency_p50_ms": 1_400,
            "latency_p95_ms": 4_100,
            "tokens_in": 2_100_000 * number,
            "tokens_cached": 900_000 * number,
            "tokens_out": 130_000 * number,
            "tokens_reasoning": 60_000 * number,
            "cost_microusd": 4_120_000 * number,
            "last_at": format_timestamp(START),
        }
        for number in (1, 2)
    ]
    return {"model": "careful", "prompts": prompts, "calibration": [], "budget": None}


def _calls() -> list[dict[str, Any]]:
    return [
        {
            "signal_id": FIRST,
            "model": "careful",
            "attempt": number,
            "role": "voting",
            "vendor": "openai",
            "prompt_version": "v2",
            "status": "timeout" if number == 3 else "ok",
            "claimed_at": format_timestamp(START),
            "latency_ms": 1_300 + number,
            "tokens_in": 2_310,
            "tokens_out": 141,
            "cost_microusd": 4_410,
        }
        for number in range(1, 6)
    ]


def _as_of(place: str) -> dict[str, Any]:
    return as_of(int(place) if place.isdigit() else EVENTS)


def gateway_of_backtests() -> RecordedGateway:
    """Return a gateway that knows the runs, prices and places of this module."""
    gateway = RecordedGateway()
    known = {one["run_id"]: one for one in runs()}
    nothing = {"items": [], "next_cursor": None}
    gateway.answer("GET /platform", _PLATFORM)
    gateway.answer("GET /risk/states", {"states": []})
    gateway.answer("GET /roles", {"items": [], "backlogs": None})
    for path in ("live/approvals", "signals/waiting", "wallets", "events", "signals", "intents"):
        gateway.answer(f"GET /{path}", nothing)
    gateway.answer("GET /events", lambda _, query, body: _events(query))
    gateway.answer("GET /models", {"since": format_timestamp(START), "items": [_model()]})
    gateway.answer(
        "GET /agents/llm/summary", lambda *_: {"since": "", "items": _model()["prompts"]}
    )
    gateway.answer("GET /agents/llm/telemetry", lambda *_: {"items": _calls(), "next_cursor": None})
    gateway.answer("GET /backtests", lambda _, query, body: _listed(query))
    gateway.answer(r"GET /backtests/(\w{26})", lambda found, *_: detail(known[found[1]]))
    gateway.answer(r"GET /backtests/\w+/results", lambda *_: results())
    gateway.answer(
        r"GET /backtests/(\w+)/equity",
        lambda found, *_: {"points": equity(8 if found[1] == SECOND else 7), "total": 5_000},
    )
    gateway.answer(r"GET /backtests/\w+/trades", lambda _, query, body: _trades(query))
    gateway.answer(
        r"GET /backtests/\w+/trades/\d+/events",
        lambda *_: {"items": events_of_a_trade(), "next_cursor": None},
    )
    gateway.answer("GET /backtests/compare", lambda *_: compared())
    gateway.answer(r"GET /sweeps/\w+", sweep())
    gateway.answer("GET /strategies", {"items": strategies(), "next_cursor": None})
    gateway.answer("GET /datasets", {"items": [dataset()], "next_cursor": None})
    gateway.answer("GET /market/symbols", lambda *_: {"items": symbols(), "next_cursor": None})
    gateway.answer("GET /market/candles", lambda _, query, body: candles(query))
    gateway.answer("GET /market/ticks", {"items": ticks(), "next_cursor": None})
    gateway.answer(r"GET /as-of/([^/]+)", lambda found, *_: _as_of(found[1]))
    gateway.answer("POST /whatif", what_if())
    return gateway
