"""What a gateway would answer about prices, the past and models."""

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.e2e.backtest_answers import (
    EVENTS,
    FIRST,
    HASH,
    INSTRUMENT,
    START,
    SYMBOL,
    events_of_a_trade,
)
from tests.e2e.recorded import Query
from tradewind.contracts.wire import format_timestamp


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
    at = format_timestamp(START + sequence * timedelta(seconds=40))
    return {
        "sequence": sequence,
        "recorded_at": at,
        "incarnation": "01M8G5E8C33SMXKYM4C561G400",
        "counters": _counters(sequence, done),
        "open_flows": _open_flows(sequence),
        "positions": [_position(sequence, done)],
        "portfolio": _portfolio(sequence),
        "prices": [
            {
                "instrument": INSTRUMENT,
                "price_usd": f"{3_000 + 9 * math.sin(sequence / 300):.6f}",
                "quote_price_usd": "1.0001",
                "sequence": max(1, sequence - 2),
                "decided_at": at,
            }
        ],
        "market": None,
        "limits": {
            "policy_version": 3,
            "content": HASH,
            "applied_by": "ops",
            "applied_at": format_timestamp(START),
            "sequence": 120,
        },
        "halts": [_HALT] if sequence % 2_000 < 900 else [],
        "truncated": False,
    }


_HALT: Final = {
    "scope": "portfolio:demo",
    "state": "reducing",
    "reason": "drawdown was looked into",
    "by": "ops",
    "since": format_timestamp(START),
    "until": None,
}


def _counters(sequence: int, done: int) -> dict[str, Any]:
    return {
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
    }


def _open_flows(sequence: int) -> list[dict[str, Any]]:
    states = (("intent.submitted", 2), ("exec.started", 1 + sequence % 3))
    return [
        {
            "kind": "intent",
            "last_topic": topic,
            "count": count,
            "oldest_sequence": max(1, sequence - 12),
            "oldest": f"intent-01M8G5E8C33SMXKYM4C561G41{number}",
        }
        for number, (topic, count) in enumerate(states)
    ]


def _position(sequence: int, done: int) -> dict[str, Any]:
    return {
        "strategy_id": "demo",
        "instrument": INSTRUMENT,
        "quantity": "12.503311",
        "average_cost": "2994.220114",
        "realized_pnl": f"{sequence / 97:.6f}",
        "fills": done,
        "last_fill_sequence": max(0, sequence - 3),
    }


def _portfolio(sequence: int) -> dict[str, Any]:
    return {
        "cash_usd": "62490.11",
        "equity_usd": f"{100_000 + 400 * math.sin(sequence / 900):.2f}",
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
    }


def events(query: Query) -> dict[str, Any]:
    """Return the event before a place."""
    events, place = events_of_a_trade(), int(query.get("cursor", EVENTS)) - 1
    event = events[place % len(events)]
    recorded = {"global_seq": place, "recorded_at": event["timestamp"], "event": event}
    return {"items": [recorded], "next_cursor": None}


def model() -> dict[str, Any]:
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


def calls() -> list[dict[str, Any]]:
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


def as_of_place(place: str) -> dict[str, Any]:
    return as_of(int(place) if place.isdigit() else EVENTS)
