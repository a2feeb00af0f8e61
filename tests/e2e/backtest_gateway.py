"""A gateway that knows some back-tests, prices and places of the ledger."""

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from tests.e2e.backtest_answers import (
    BARS,
    DATASET,
    END,
    FIRST,
    HASH,
    INSTRUMENT,
    SECOND,
    START,
    SWEEP,
    TRADES,
    detail,
    equity,
    events_of_a_trade,
    item,
    results,
    runs,
    trade,
)
from tests.e2e.market_answers import as_of_place, calls, candles, events, model, symbols, ticks
from tests.e2e.recorded import Query, RecordedGateway
from tradewind.contracts.backtests.model import (
    RunStatus,
)
from tradewind.contracts.wire import format_timestamp

_PLATFORM: Final[dict[str, Any]] = {
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
            "sha256": HASH,
            "doc": "Buys when the fast mean crosses the slow one, sells when it falls back.",
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
        {"name": "buy_and_hold", "version": "0.1.0", "sha256": HASH},
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
        "sha256": HASH,
        "bytes": 4_200_000,
        "gaps_total": 2,
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


def gateway_of_backtests() -> RecordedGateway:
    """Return a gateway that knows the runs, prices and places of this module."""
    gateway = RecordedGateway()
    known = {one["run_id"]: one for one in runs()}
    nothing: dict[str, Any] = {"items": [], "next_cursor": None}
    gateway.answer("GET /platform", _PLATFORM)
    gateway.answer("GET /risk/states", {"states": []})
    gateway.answer("GET /roles", {"items": [], "backlogs": None})
    for path in ("live/approvals", "signals/waiting", "wallets", "events", "signals", "intents"):
        gateway.answer(f"GET /{path}", nothing)
    gateway.answer("GET /events", lambda _, query, body: events(query))
    gateway.answer("GET /models", {"since": format_timestamp(START), "items": [model()]})
    gateway.answer("GET /agents/llm/summary", lambda *_: {"since": "", "items": model()["prompts"]})
    gateway.answer("GET /agents/llm/telemetry", lambda *_: {"items": calls(), "next_cursor": None})
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
    gateway.answer(r"GET /as-of/([^/]+)", lambda found, *_: as_of_place(found[1]))
    gateway.answer("POST /whatif", what_if())
    return gateway
