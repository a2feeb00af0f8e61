"""Histories of signals that cover every end and what pages have to show: as events would record
them, composed here because no market and no model has to be asked for them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from tests.support.requests import USDC, WETH
from tradewind.contracts.decisions.payloads import DecisionConcluded, DecisionMade
from tradewind.contracts.envelope import AnyEvent, first_event, next_events
from tradewind.contracts.ids import derive_ulid, make_ulid
from tradewind.contracts.payload import Payload
from tradewind.contracts.signals.payloads import (
    SignalEnriched,
    SignalEvaluated,
    SignalReceived,
    SignalRejected,
)
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.wire import format_timestamp

RECORDED_AT: Final = datetime(2026, 11, 29, 6, 0, tzinfo=UTC)
INSTRUMENT: Final = "ethereum-WETH-USDC"
MINUTE: Final = timedelta(minutes=1)

type Json = dict[str, Any]
type Story = Callable[["Composer"], None]


def hashed(text: str) -> str:
    """Return what stands for a hash of something."""
    return sha256(text.encode()).hexdigest()


@dataclass
class Composer:
    """Writes one history, event by event."""

    at: datetime
    number: int
    signal: Json
    events: list[AnyEvent]
    strategy_id: str = "trend-following"

    @property
    def signal_id(self) -> str:
        entropy = sha256(f"signal {self.number}".encode()).digest()[:10]
        return make_ulid(int(self.at.timestamp() * 1_000), entropy)

    @property
    def terms(self) -> Json:
        taken = self.at
        return {
            "signal": {
                "event_type": "OPEN_SIGNAL",
                "symbol": "ETH",
                "signal_direction": "long",
                "entry_price": "3012.4",
                "size": "0.5",
                "source": "trend",
                "ts_utc": format_timestamp(taken - timedelta(seconds=2)),
                **self.signal,
            },
            "coin": "ETH",
            "assets": [WETH, USDC],
            "strategy_id": self.strategy_id,
            "received_at": format_timestamp(taken),
            "expires_at": format_timestamp(taken + timedelta(seconds=298)),
        }

    def add(self, model: type[Payload], producer: str, after_ms: int, payload: Json) -> AnyEvent:
        """Append an event so long after the one before."""
        whole = model.model_validate_json(json.dumps({"signalId": self.signal_id, **payload}))
        if not self.events:
            event: AnyEvent = first_event(
                whole,
                correlation_id=f"signal-{self.signal_id}",
                key=EventKey(instrument=INSTRUMENT, portfolio=self.strategy_id),
                producer=producer,
                at=self.at,
            )
        else:
            last = self.events[-1]
            at = last.timestamp + timedelta(milliseconds=after_ms)
            (event,) = next_events(last, [whole], producer=producer, at=at)
        self.events.append(event)
        return event

    def receive(self) -> None:
        self.add(SignalReceived, "gateway", 0, {"terms": self.terms})

    def reject(self, reason: str, measured: str, limit: str, detail: str) -> None:
        """Refuse it before any model is asked."""
        refusal = {"reason": reason, "measured": measured, "limit": limit, "detail": detail}
        self.add(SignalRejected, "enricher", 9, refusal)

    def enrich(self, quality: Mapping[str, Sequence[str]] | None = None, **market: str) -> None:
        """Put it beside a market of which this is wrong, and which differs in these values."""
        inputs = {"market": hashed("market"), "limits": LIMITS, "profile": PROFILE}
        payload = {"profileId": "full_v1", "features": self.features(quality or {}) | market}
        hashes = {"inputs": {**inputs, "profileSha256": hashed(PROFILE)}}
        self.add(SignalEnriched, "enricher", 11, {"terms": self.terms, **payload, **hashes})

    def features(self, quality: Mapping[str, Sequence[str]]) -> Json:
        """Return a market; what the quality says is missing is not there."""
        missing = quality.get("missing", ())
        frames = [frame(*one) for one in FRAMES if f"frame_{one[0]}" not in missing]
        book_at = format_timestamp(self.at - timedelta(seconds=1))
        return {**MARKET, "frames": frames, "book_at": book_at, "quality": dict(quality)}

    def ask(self, after_ms: int, answer: Json) -> None:
        """Record what a model said."""
        asked = {"symbol": "ETH", "instrument": INSTRUMENT, "strategyId": self.strategy_id}
        kind = {"eventType": self.terms["signal"]["event_type"], "attempts": 1}
        self.add(DecisionMade, "evaluator", after_ms, {**asked, **kind, **answer})

    def evaluate(self) -> None:
        """Hand all answers to the desk."""
        votes = [
            {
                "decision_id": event.event_id,
                **json.loads(event.payload.model_dump_json(include=VOTED)),
            }
            for event in self.events
            if isinstance(event.payload, DecisionMade)
        ]
        deadline = format_timestamp(self.at + timedelta(seconds=3))
        features = json.loads(self.events[1].payload.features.model_dump_json())
        rest = {"terms": self.terms, "features": features, "deadline": deadline}
        self.add(SignalEvaluated, "evaluator", 4, {**rest, "votes": votes})

    def conclude(self, after_ms: int, outcome: str, mode: str, **rest: Any) -> None:
        """End it. Where something was submitted the intent's id is derived."""
        at = self.events[-1].timestamp + timedelta(milliseconds=after_ms)
        intent = {"intentId": derive_ulid(self.signal_id, "intent")}
        payload = {
            "outcome": outcome,
            "mode": mode,
            "policyId": "trend",
            "decidedMid": "3015.1",
            "strategyId": self.strategy_id,
            "concludedAt": format_timestamp(at),
            "inputs": {"policy": POLICY, "policySha256": hashed(POLICY)},
            **(intent if outcome == "submitted" else {}),
        }
        self.add(DecisionConcluded, "desk", after_ms, {**payload, **rest})


VOTED: Final = {"model", "role", "status", "answer"}
PROFILE: Final = '{"frames":["15m","1h","4h"],"id":"full_v1","levels":5}'
POLICY: Final = (
    '{"agreement":"majority","max_size_pct":"50","minimum_voting":1,"mode":"auto",'
    '"quorum":"0.5","threshold":"0.6","weights":{"baseline":"1","gemini-flash":"1","gpt-mini":"2"}}'
)
LIMITS: Final = {
    "max_age_seconds": 300,
    "max_clock_ahead_seconds": 5,
    "max_drift_bps": 200,
    "max_spread_bps": 20,
    "max_book_age_seconds": 10,
    "max_context_age_seconds": 30,
    "max_candle_age_intervals": 2,
    "min_candles": 60,
}
FRAMES: Final = (
    ("15m", "3014.9", "3010.22", "2991.4", "4.2183", "3.1052", "1.1131", "58.3127", "9.8214"),
    ("1h", "3011.2", "2998.71", "2954.18", "12.4402", "9.7713", "2.6689", "61.0442", "21.5407"),
    ("4h", "3002.5", "2961.4", "2890.02", "31.9021", "28.4117", "3.4904", "66.8123", "48.2216"),
)
MARKET: Final[Json] = {
    "profile": "full_v1",
    "mid_price": "3015.1",
    "best_bid": "3015",
    "best_ask": "3015.2",
    "spread_bps": "0.663328",
    "microprice": "3015.12",
    "entry_drift_bps": "8.96295",
    "signal_age_ms": 2011,
    "support": [{"price": "2988", "touches": 4}, {"price": "2942.5", "touches": 7}],
    "resistance": [{"price": "3048", "touches": 3}, {"price": "3102", "touches": 2}],
    "imbalance": [
        {"within_bps": 100, "value": "0.181422", "covers": True},
        {"within_bps": 200, "value": "0.0911", "covers": True},
        {"within_bps": 500, "value": None, "covers": False},
    ],
    "mark_price": "3015.3",
    "oracle_price": "3014.8",
    "funding_hourly": "0.0000125",
    "open_interest": "512340",
    "open_interest_usd": "1544859000",
    "open_interest_change_24h": "0.0412",
    "day_volume_usd": "2214000000",
}


def frame(interval: str, close: str, *values: str) -> Json:
    """Return the indicators of a time frame."""
    fast, slow, macd, signal, histogram, rsi, atr = values
    return {
        "interval": interval,
        "closed_at": format_timestamp(RECORDED_AT),
        "close": close,
        "ema": [{"period": 20, "value": fast}, {"period": 50, "value": slow}],
        "macd": macd,
        "macd_signal": signal,
        "macd_histogram": histogram,
        "rsi": rsi,
        "atr": atr,
    }


def said(decision: str, confidence: int, *reasons: str, **rest: Any) -> Json:
    """Return a checked answer."""
    return {"decision": decision, "confidence_pct": confidence, "reasons": list(reasons), **rest}


def baseline(answer: Json) -> Json:
    """Return what the scorecard says."""
    prompt = {"version": "scorecard/v1", "sha256": hashed("scorecard")}
    how = {"model": "baseline", "vendor": "baseline", "role": "voting", "status": "ok"}
    return {**how, "answer": answer, "prompt": prompt, "usage": {"latency_ms": 1}}


def asked(model: str, vendor: str, latency_ms: int, answer: Json, **rest: Any) -> Json:
    """Return what a vendor's model says."""
    prompt = {"version": "core/v1+wrapper/v1", "sha256": hashed("prompt")}
    usage = {"latency_ms": latency_ms, "tokens_in": 1840, "tokens_out": 162, "cost_microusd": 712}
    return {
        "model": model,
        "vendor": vendor,
        "vendorModel": f"{model}-2026-09-01",
        "role": "voting",
        "status": "ok",
        "answer": answer,
        "usage": usage,
        "prompt": {**prompt, "request_sha256": hashed(model)},
        "rawSha256": hashed(f"raw {model}"),
        **rest,
    }


FOLLOWED: Final = said(
    *("FOLLOW_ENTER", 78, "trend_up", "macd_rising", "above_ema_50"),
    size_pct=60,
    entry_plan={"type": "limit", "offset_bps": -5},
    risk_plan={"stop_method": "atr", "atr_multiple": "1.5"},
    note="All three frames agree; funding is flat. Resistance at 3,048 is close.",
)
ENTERED: Final = said("FOLLOW_ENTER", 64, "trend_up", "book_leans_bid", size_pct=80)
IGNORED: Final = said("IGNORE", 55, "near_resistance", "rsi_high")
NO_ANSWER: Final = said("IGNORE", 0, "no_answer")
FAILED: Final = {"answer": NO_ANSWER, "rawSha256": None}
GPT: Final = asked("gpt-mini", "openai", 1_412, FOLLOWED)
GEMINI: Final = asked("gemini-flash", "google", 884, ENTERED)
SHADOW: Final = asked("haiku", "anthropic", 1_120, IGNORED, role="shadow")
ARITHMETIC: Final[Json] = {
    "voting": 3,
    "answered": 3,
    "needed": 2,
    "score": "0.545",
    "threshold": "0.5",
    "counted": [
        {"model": "baseline", "weight": "1", "signed_confidence": "-0.02"},
        {"model": "gpt-mini", "weight": "2", "signed_confidence": "0.78"},
        {"model": "gemini-flash", "weight": "1", "signed_confidence": "0.64"},
    ],
    "agreement": "majority",
    "agreed": True,
    "size_pct": "50",
    "amount": "0.25",
    "amount_limited_by": "policy",
    "max_slippage": "0.003",
    "time_window_seconds": 120,
}


def judge(one: Composer) -> None:
    """Have it judged by every model."""
    one.receive()
    one.enrich()
    one.ask(2, baseline(said("IGNORE", 2, "rsi_high")))
    one.ask(890, GEMINI)
    one.ask(522, GPT)
    one.ask(1, SHADOW)
    one.evaluate()


def submitted(one: Composer) -> None:
    judge(one)
    one.conclude(6, "submitted", "auto", arithmetic=ARITHMETIC)


def observed(one: Composer) -> None:
    judge(one)
    one.conclude(6, "observed", "observe", arithmetic=ARITHMETIC)


def waiting(one: Composer) -> None:
    judge(one)


def declined(one: Composer) -> None:
    judge(one)
    answer = {"approvalId": derive_ulid(one.signal_id, "a"), "verdict": "denied"}
    person = {"answeredBy": "ann", "answeredAt": format_timestamp(one.at), "note": "too late"}
    inputs = {"policy": POLICY, "policySha256": hashed(POLICY), "approval": {**answer, **person}}
    one.conclude(41_000, "declined", "approve", arithmetic=ARITHMETIC, inputs=inputs)


def expired(one: Composer) -> None:
    judge(one)
    one.conclude(294_000, "expired", "approve", arithmetic=ARITHMETIC, reason="no_answer")


def no_quorum(one: Composer) -> None:
    one.receive()
    one.enrich({"missing": ["frame_4h"], "stale": ["context"], "provider_errors": ["candles_4h"]})
    slow: Json = {"detail": "no answer within 3 s", **FAILED}
    one.ask(3_000, asked("gpt-mini", "openai", 3_000, status="timeout", **slow))
    bad: Json = {"detail": "answer: confidence_pct is 140, at most 100", "answer": NO_ANSWER}
    one.ask(1, asked("gemini-flash", "google", 901, status="invalid_schema", **bad))
    one.evaluate()
    counted = {"voting": 2, "answered": 0, "needed": 1}
    one.conclude(5, "no_quorum", "auto", arithmetic=counted)


def not_actionable(one: Composer) -> None:
    one.receive()
    one.enrich()
    one.ask(2, baseline(said("FOLLOW_ENTER", 71, "trend_down")))
    one.evaluate()
    alone = [{"model": "baseline", "weight": "1", "signed_confidence": "0.71"}]
    counted = {"voting": 1, "answered": 1, "needed": 1, "counted": alone}
    reached = {"score": "0.71", "threshold": "0.6", "agreement": "majority", "agreed": True}
    why = {"reason": "direction_unsupported", "detail": "the venue sells only what is held"}
    one.conclude(5, "not_actionable", "auto", arithmetic={**counted, **reached}, **why)


def ignored(one: Composer) -> None:
    one.receive()
    one.enrich({"out_of_range": ["rsi"], "gaps": ["frame_15m"]})
    one.ask(2, baseline(said("HOLD", 66, "trend_up")))
    one.evaluate()
    alone = [{"model": "baseline", "weight": "1", "signed_confidence": "-0.66"}]
    counted = {"voting": 1, "answered": 1, "needed": 1, "counted": alone}
    reached = {"score": "-0.66", "threshold": "0.6", "agreement": "majority", "agreed": False}
    one.conclude(5, "ignored", "auto", arithmetic={**counted, **reached})


def drifted(one: Composer) -> None:
    one.receive()
    one.reject("PRICE_DRIFT", "243.107 bps", "200 bps", "mid 3087.5, entry 3012.4")


def judging(one: Composer) -> None:
    one.receive()
    one.enrich()
    one.ask(2, baseline(said("FOLLOW_ENTER", 61, "trend_up")))


def followed_by_baseline(one: Composer, price: str) -> None:
    """Have it followed by the one model there is, at a mid that is the signal's price."""
    one.receive()
    one.enrich(mid_price=price, entry_drift_bps="0")
    one.ask(2, baseline(said("FOLLOW_ENTER", 90, "trend_up")))
    one.evaluate()


def received(one: Composer) -> None:
    one.receive()


SHORT: Final = {"signal_direction": "short", "source": "tradingview"}
CLOSING: Final = {"event_type": "CLOSE_SIGNAL", "signal_direction": "close_long"}
STORIES: Final[Sequence[tuple[str, Story, Json]]] = (
    ("submitted", submitted, {}),
    ("observed", observed, {"source": "tradingview"}),
    ("declined", declined, {}),
    ("expired", expired, {"size": "1.25"}),
    ("no_quorum", no_quorum, {}),
    ("not_actionable", not_actionable, {**SHORT, "liquidation_price": "3320"}),
    ("ignored", ignored, CLOSING),
    ("drifted", drifted, {"source": "tradingview"}),
    ("waiting", waiting, {"size": "0.8"}),
    ("judging", judging, {}),
    ("received", received, SHORT),
)


def compose(now: datetime = RECORDED_AT) -> Iterator[tuple[str, Sequence[AnyEvent]]]:
    """Yield every history with its name; the last of them began just now."""
    for number, (name, story, signal) in enumerate(STORIES):
        at = now - MINUTE * (len(STORIES) - 1 - number)
        one = Composer(at, number, dict(signal), [])
        story(one)
        yield name, one.events
