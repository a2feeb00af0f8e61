"""Given a signal or a market just at a limit and just beyond it."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from actors.enricher.actors import enrich_signal
from tests.support.perps import (
    COIN,
    MID,
    NOW,
    book,
    candle_series,
    candles,
    context,
    signal_received,
)
from tests.unit.actors.enriching import decided, enriched, ports_of
from tradewind.contracts.market.keys import (
    book_key,
    candles_key,
    context_key,
    interest_key,
)
from tradewind.contracts.market.model import ObservedCandles, ObservedContext
from tradewind.contracts.market.payloads import PastInterest
from tradewind.contracts.signals.payloads import SignalEnriched, SignalRejected
from tradewind.errors import NotYet

BOOK, CONTEXT, HOURLY = book_key(COIN), context_key(COIN), candles_key(COIN, "1h")
YESTERDAY = interest_key(COIN, NOW - timedelta(hours=24, minutes=1))
MILLISECOND = timedelta(milliseconds=1)
CLOSE: dict[str, Any] = {"event_type": "CLOSE_SIGNAL", "signal_direction": "close_long"}
SHORT: dict[str, Any] = {"signal_direction": "short", "liquidation_price": Decimal(3_000)}


def outcome(payload: Any) -> str:
    """Return the reason of a rejection, or an empty string."""
    if isinstance(payload, SignalRejected):
        return payload.reason
    assert isinstance(payload, SignalEnriched)
    return ""


@pytest.mark.parametrize(
    ("of_signal", "settings", "reason"),
    [
        ({"ts_utc": NOW - timedelta(seconds=300)}, {}, ""),
        ({"ts_utc": NOW - timedelta(seconds=300) - MILLISECOND}, {}, "TOO_OLD"),
        # A limit above the signal's lifetime does not outlive it; one below is kept.
        ({"ts_utc": NOW - timedelta(seconds=301)}, {"signal_max_age_seconds": 900}, "TOO_OLD"),
        ({"ts_utc": NOW - timedelta(seconds=61)}, {"signal_max_age_seconds": 60}, "TOO_OLD"),
        ({"ts_utc": NOW - timedelta(seconds=61), **CLOSE}, {"signal_max_age_seconds": 60}, ""),
        (
            {"ts_utc": NOW - timedelta(seconds=61), **CLOSE},
            {"close_signal_max_age_seconds": 60},
            "TOO_OLD",
        ),
        ({"ts_utc": NOW + timedelta(seconds=5)}, {}, ""),
        ({"ts_utc": NOW + timedelta(seconds=5) + MILLISECOND}, {}, "FROM_THE_FUTURE"),
        ({"entry_price": MID / Decimal("1.02")}, {}, ""),
        ({"entry_price": Decimal("2040.8163")}, {}, ""),
        ({"entry_price": Decimal("1960.78")}, {}, "PRICE_DRIFT"),
        ({"entry_price": Decimal("2040.82")}, {}, "PRICE_DRIFT"),
        (
            {"entry_price": Decimal("1960.78"), **CLOSE},
            {"signal_max_drift_bps": 500},
            "PRICE_DRIFT",
        ),
        ({"entry_price": Decimal("1960.78"), **CLOSE}, {"close_signal_max_drift_bps": 500}, ""),
        ({"liquidation_price": MID}, {}, "LIQUIDATION_SIDE"),
        ({"liquidation_price": Decimal(2_001)}, {}, "LIQUIDATION_SIDE"),
        ({"liquidation_price": Decimal("1999.9")}, {}, ""),
        ({"liquidation_price": None}, {}, ""),
        (SHORT, {}, ""),
        (SHORT | {"liquidation_price": Decimal(1_999)}, {}, "LIQUIDATION_SIDE"),
        (SHORT | {"signal_direction": "close_short", "event_type": "CLOSE_SIGNAL"}, {}, ""),
        # The market has passed the liquidation price that the entry has not.
        (
            {"entry_price": Decimal(2_010), "liquidation_price": Decimal(2_005)},
            {},
            "LIQUIDATION_SIDE",
        ),
    ],
)
def test_a_signal_is_held_to_its_limits(
    of_signal: dict[str, Any], settings: dict[str, Any], reason: str
) -> None:
    assert outcome(enriched(settings=settings, **of_signal)) == reason


def test_two_percent_is_exact() -> None:
    """Given an entry of 100,000 and a market 2.0000 % and 2.0001 % away."""
    entry = Decimal(100_000)
    for mid, reason in ((Decimal(102_000), ""), (Decimal("102000.1"), "PRICE_DRIFT")):
        found = enriched({BOOK: book(mid=mid)}, entry_price=entry)
        assert outcome(found) == reason
    assert (found.measured, found.limit) == ("200.01", "200")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({BOOK: book(spread="20")}, ""),
        ({BOOK: book(spread="20.0002")}, "SPREAD_TOO_WIDE"),
        ({BOOK: book(NOW - timedelta(seconds=10))}, ""),
        ({BOOK: book(NOW - timedelta(seconds=10) - MILLISECOND)}, "DATA_STALE"),
        # The feed read it just now, but the provider made it long ago.
        ({BOOK: book(time_ms=int(NOW.timestamp() * 1_000) - 10_001)}, "DATA_STALE"),
        ({CONTEXT: context(NOW - timedelta(seconds=30))}, ""),
        ({CONTEXT: context(NOW - timedelta(seconds=30) - MILLISECOND)}, "DATA_STALE"),
        ({BOOK: book(bids=(), asks=())}, "NOT_TRADED"),
        ({BOOK: book(bids=())}, "DATA_MISSING"),
        ({BOOK: book(spread="-1")}, "DATA_MISSING"),
        ({BOOK: None}, "DATA_MISSING"),
        ({BOOK: b"{nonsense"}, "DATA_MISSING"),
        ({CONTEXT: None}, "DATA_MISSING"),
        ({CONTEXT: context(mark_price=Decimal(0))}, "DATA_MISSING"),
        ({BOOK: None, CONTEXT: context(NOW - timedelta(seconds=31))}, "DATA_STALE"),
        ({HOURLY: None}, "DATA_MISSING"),
        ({HOURLY: candles(count=149)}, "DATA_MISSING"),
        ({HOURLY: candles(count=150)}, ""),
        ({HOURLY: candles(at=NOW - timedelta(hours=2))}, "DATA_STALE"),
        ({HOURLY: candles(at=NOW - timedelta(hours=1))}, ""),
        # A candle that is not closed yet is none.
        ({HOURLY: candles(at=NOW + timedelta(hours=1))}, "DATA_MISSING"),
    ],
)
def test_a_market_is_held_to_its_limits(changes: dict[str, Any], reason: str) -> None:
    assert outcome(enriched(changes)) == reason


def test_nothing_known_of_a_contract_is_missing_data() -> None:
    found = enriched(
        dict.fromkeys((BOOK, CONTEXT, *(candles_key(COIN, i) for i in ("15m", "1h", "4h"))))
    )
    assert outcome(found) == "DATA_MISSING"
    assert found.inputs.market is None


def test_what_a_profile_can_do_without_is_flagged() -> None:
    """Given trend_follow_v1, which needs the book and its candles, and no context."""
    settings = {"feature_profile": "trend_follow_v1"}
    found = enriched({CONTEXT: None}, settings=settings)
    assert found.features.quality.missing == ("context",)
    assert outcome(enriched({BOOK: None}, settings=settings)) == "DATA_MISSING"


def test_a_gap_is_flagged_and_refuses_nothing() -> None:
    whole = candle_series(count=250)
    columns = ("open_times_ms", "open", "high", "low", "close", "volume")
    holed = {name: (*getattr(whole, name)[:100], *getattr(whole, name)[101:]) for name in columns}
    series = whole.model_copy(update=holed)
    observed = ObservedCandles(candles=series, observed_at=NOW, provider="simulated")
    quality = enriched({HOURLY: observed}).features.quality
    assert quality.gaps == ("frame_1h",)
    assert quality.missing == quality.stale == ()


def test_candles_that_are_none_are_out_of_range() -> None:
    whole = candle_series(count=250)
    for name, value in (("close", Decimal(0)), ("high", Decimal(1)), ("low", Decimal(9_999))):
        column = (*getattr(whole, name)[:-1], value)
        series = whole.model_copy(update={name: column})
        found = enriched(
            {HOURLY: ObservedCandles(candles=series, observed_at=NOW, provider="simulated")}
        )
        assert outcome(found) == "DATA_MISSING"
        assert found.detail == "frame_1h: there is nothing usable"


def test_a_market_that_stands_still_has_no_strength() -> None:
    whole = candle_series(count=250)
    flat = (MID,) * 250
    series = whole.model_copy(update=dict.fromkeys(("open", "high", "low", "close"), flat))
    found = enriched(
        {HOURLY: ObservedCandles(candles=series, observed_at=NOW, provider="simulated")}
    )
    assert found.features.quality.out_of_range == ("frame_1h.rsi", "frame_1h.atr")
    assert found.features.frame("1h").rsi is None
    assert found.features.frame("1h").atr == 0


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(24, Decimal("0.1")), (22, Decimal("0.1")), (26, Decimal("0.1")), (27, None), (21, None)],
)
def test_the_change_of_open_interest_is_since_a_day_ago(
    hours: int, expected: Decimal | None
) -> None:
    at = NOW - timedelta(hours=hours)
    past = PastInterest(open_interest=Decimal(500_000), observed_at=at)
    now = context(open_interest=Decimal(550_000))
    features = enriched({CONTEXT: now, YESTERDAY: None, interest_key(COIN, at): past}).features
    assert features.open_interest_change_24h == expected
    assert ("open_interest_change_24h" in features.quality.missing) is (expected is None)


def test_what_cannot_be_read_is_a_providers_error() -> None:
    features = enriched({YESTERDAY: b"[]"}).features
    assert features.quality.provider_errors == ("interest_unreadable",)
    settings = {"feature_profile": "trend_follow_v1"}
    features = enriched({CONTEXT: b"\xff" * 300_000}, settings=settings).features
    assert features.quality.provider_errors == ("ctx_unreadable",)


def test_funding_beyond_the_providers_cap_is_out_of_range() -> None:
    features = enriched({CONTEXT: context(funding_hourly=Decimal("-0.041"))}).features
    assert features.quality.out_of_range == ("funding_hourly",)


def test_who_gives_up_ends_the_history_as_missing_data() -> None:
    event = signal_received()
    actor = enrich_signal
    assert actor.on_exhausted is not None
    (ending,) = actor.on_exhausted(event, TimeoutError("the broker hangs"), NOW)
    assert (ending.topic, ending.sequence) == ("signal.rejected", 2)
    assert (ending.payload.reason, ending.payload.inputs) == ("DATA_MISSING", None)
    assert ending.payload.detail == "no market data could be had: the broker hangs"
    assert actor.keeps_decision


def test_numbers_that_fit_no_feature_are_missing_data() -> None:
    """Given an open interest whose value in dollars has more digits than a decimal may have."""
    found = enriched({CONTEXT: context(open_interest=Decimal(10) ** 39)})
    assert outcome(found) == "DATA_MISSING"
    assert "open_interest_usd" in found.detail


def test_an_earlier_value_does_not_stand_in_for_an_unreadable_one() -> None:
    changed = ObservedContext.model_validate(context())
    assert outcome(enriched({CONTEXT: changed})) == ""
    assert outcome(enriched({CONTEXT: b"{}"})) == "DATA_MISSING"


def test_a_signal_waits_for_a_market_that_is_not_there_yet() -> None:
    """Given a platform that has just started, then only what lacks to the end is rejected."""
    patient = replace(ports_of({BOOK: None}), patience=timedelta(seconds=15))
    received = signal_received()
    at = received.payload.terms.received_at
    for waited, is_over in ((14.9, False), (15.0, True)):
        ports = replace(patient, now=partial(_same, at + timedelta(seconds=waited)))
        if is_over:
            assert outcome(decided(ports, received)[0].payload) == "DATA_MISSING"
        else:
            with pytest.raises(NotYet):
                decided(ports, received)
    stale = book(NOW - timedelta(seconds=10) - MILLISECOND)
    patient = replace(ports_of({BOOK: stale}), patience=timedelta(seconds=15))
    assert outcome(decided(patient, received)[0].payload) == "DATA_STALE"


def _same(moment: datetime) -> datetime:
    return moment
