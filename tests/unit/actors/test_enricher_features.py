"""Given a market, what models are told of it: every feature, within its size, decided again."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from actors.enricher.decide import decide
from actors.enricher.ports import limits_of
from actors.enricher.reading import PerpReader
from actors.enricher.settings import EnricherSettings
from actors.enricher.source_profiles import SourceProfiles
from research.redecide.rerun import TodaysSettings
from tests.support.perps import (
    COIN,
    INTERVALS,
    MID,
    NOW,
    WIDE,
    book,
    candle_series,
    candles,
    context,
    scaled,
    signal_received,
)
from tests.support.recorded import MemorySource, run_again
from tests.unit.actors.enriching import (
    cache_of,
    decided,
    enriched,
    keeping,
    ports_of,
)
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.inputs import is_authentic, observation_event, references_of
from tradewind.contracts.market.keys import book_key, candles_key, context_key
from tradewind.contracts.market.model import BookLevel, ObservedCandles
from tradewind.contracts.market.payloads import CandlesObserved
from tradewind.contracts.roles import Role
from tradewind.contracts.signals.features import MAX_FEATURES_BYTES, EmaValue, Features
from tradewind.errors import ConfigurationError
from tradewind.trading.indicators.frames import IndicatorCache, read_frame
from tradewind.trading.indicators.profiles import load_profiles, named
from tradewind.trading.tokens import load_tokens

PROFILES = tuple(load_profiles())
LARGE = 10**30
UNJUDGED = "the history ends before the decision"
"""What is said of the evaluator, which has not answered in these histories."""


def test_full_v1_says_everything() -> None:
    payload = enriched()
    features = payload.features
    assert features.quality.is_clean
    assert (features.mid_price, features.entry_drift_bps) == (MID, 0)
    assert (features.best_bid, features.best_ask) == (Decimal("1999.9"), Decimal("2000.1"))
    assert features.spread_bps == 1
    assert features.microprice == Decimal("2000.05")
    assert features.signal_age_ms == 10_000
    assert [frame.interval for frame in features.frames] == list(INTERVALS)
    assert [one.covers for one in features.imbalance] == [True, True, True]
    assert {one.value for one in features.imbalance} == {Decimal("0.5")}
    assert features.open_interest_change_24h == Decimal("0.1")
    assert features.open_interest_usd == Decimal("1100280000")
    assert features.funding_hourly == Decimal("0.0000125")
    assert features.book_at == features.context_at == NOW
    hour = features.frame("1h")
    assert hour.closed_at == NOW.replace(second=0)
    assert [one.period for one in hour.ema] == [9, 21, 50]
    assert None not in (hour.macd, hour.macd_signal, hour.macd_histogram, hour.rsi, hour.atr)
    assert features.support[0].price < MID < features.resistance[0].price
    assert payload.inputs.profile_sha256 == load_profiles()["full_v1"].sha256
    assert features.size_bytes < 2_400


def test_a_profile_gets_what_it_asks_for_and_no_more() -> None:
    trend = enriched(settings={"feature_profile": "trend_follow_v1"}).features
    assert trend.mark_price is trend.support is trend.imbalance is None
    perps = enriched(settings={"feature_profile": "crypto_perps_v1"}).features
    assert perps.mark_price is not None
    assert perps.imbalance is perps.support is None
    assert trend.frames == perps.frames == enriched().features.frames


def test_a_profile_that_is_not_there_stops_the_start() -> None:
    with pytest.raises(ConfigurationError, match="there is no full_v9, but crypto_perps_v1, full"):
        ports_of(feature_profile="full_v9")


def test_the_policy_file_says_which_profile_the_signals_of_a_source_get(tmp_path: Path) -> None:
    """Given no other profile in any setting, then a source that nobody registered has its own."""
    path = tmp_path / "policy.yaml"
    text = "sources: {web: {strategy_id: alpha, profile: crypto_perps_v1}}\npolicies: {default: {}}"
    path.write_text(text)
    settings: dict[str, Any] = {"signal_policy_file": path}
    asked = {source: enriched(settings=settings, source=source) for source in ("web", "gone")}
    assert {source: one.profile_id for source, one in asked.items()} == {
        "web": "crypto_perps_v1",
        "gone": "full_v1",
    }
    for one in asked.values():
        assert one.inputs.profile_sha256 == load_profiles()[one.profile_id].sha256
    path.write_text(text.replace("crypto_perps_v1", "full_v9"))
    wanted = r"^TRADEWIND_SIGNAL_POLICY_FILE: sources\.web\.profile: there is no full_v9, but"
    with pytest.raises(ConfigurationError, match=wanted):
        ports_of(signal_policy_file=path)


def test_only_250_candles_count_whatever_the_history() -> None:
    profile = load_profiles()["full_v1"].profile.frames["1h"]
    long = candle_series(count=400)
    columns = ("open_times_ms", "open", "high", "low", "close", "volume")
    last = long.model_copy(update={name: getattr(long, name)[-250:] for name in columns})
    assert read_frame(long, profile, 150) == read_frame(last, profile, 150)
    key = candles_key(COIN, "1h")
    observed = ObservedCandles(candles=long, observed_at=NOW, provider="simulated")
    first, again = (
        enriched({key: one}) for one in (observed, observed.model_copy(update={"candles": last}))
    )
    assert first == again


def test_the_mid_of_a_book_that_may_be_missing_is_the_providers_own() -> None:
    """Given a profile that does not need the book, then a stale one gives no price at all."""
    trend = load_profiles()["trend_follow_v1"].profile
    profile = named("mine_v1", trend.model_copy(update={"quality": type(trend.quality)()}))
    old = book(NOW - timedelta(seconds=11), mid=Decimal(1_990))
    ports = replace(ports_of({book_key(COIN): old}), profiles=SourceProfiles({}, profile))
    features = decided(ports, signal_received())[0].payload.features
    assert features.mid_price == MID
    assert features.best_bid is features.spread_bps is None
    assert features.quality.stale == ("book",)
    assert features.book_at == old.observed_at


def test_a_book_that_is_cut_off_covers_nothing_beyond_its_end() -> None:
    near = tuple(BookLevel(price=MID - i, size=Decimal(1)) for i in range(1, 25))
    features = enriched({book_key(COIN): book(bids=near)}).features
    assert [one.covers for one in features.imbalance] == [True, False, False]
    assert features.quality.missing == ("imbalance_200", "imbalance_500")


numbers = st.decimals("0.0000000001", LARGE, allow_nan=False, allow_infinity=False).map(
    lambda value: WIDE.quantize(value, Decimal(1).scaleb(-10))
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(PROFILES),
    st.decimals("0.0000001", LARGE, places=9),
    st.lists(numbers, min_size=6, max_size=6),
    st.booleans(),
)
def test_every_profile_keeps_within_the_limit_of_size(
    profile: str, scale: Decimal, values: list[Decimal], is_broken: bool
) -> None:
    """Given prices and quantities of any size, then features keep within theirs, and say how."""
    factor = scale / MID
    series = {candles_key(COIN, interval): scaled(interval, factor, 12) for interval in INTERVALS}
    state = context(
        mark_price=values[0],
        oracle_price=values[1],
        mid_price=scale,
        open_interest=values[2],
        day_volume_usd=values[3],
        funding_hourly=values[4] if is_broken else Decimal("0.00001"),
    )
    found = enriched(
        {
            **series,
            book_key(COIN): book(mid=scale, spread=format(scale / 10_000, "f")),
            context_key(COIN): state,
        },
        entry_price=scale,
        liquidation_price=None,
        settings={"feature_profile": profile},
    )
    assert found.topic == "signal.enriched", found
    assert len(found.features.model_dump_json().encode()) <= MAX_FEATURES_BYTES


def test_what_is_left_out_is_said_in_a_fixed_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given ever less room, then levels beyond three go first, and then the shortest frame."""
    order = ("levels_beyond_3", "frame_15m", "levels", "imbalance", "frame_1h", "frame_4h")
    whole = enriched().features
    found = set()
    for room in range(whole.size_bytes, 700, -40):
        monkeypatch.setattr("tradewind.contracts.signals.features.MAX_FEATURES_BYTES", room)
        features = enriched().features
        left_out = features.quality.left_out
        assert left_out == order[: len(left_out)]
        assert features.size_bytes <= room
        assert features.funding_hourly == whole.funding_hourly
        found.add(len(left_out))
    assert found == set(range(len(order) + 1))
    assert len(whole.support) > 3 or len(whole.resistance) > 3
    assert features.frames == ()


def test_features_that_are_too_large_are_no_features() -> None:
    features = enriched().features
    wide = tuple(EmaValue(period=2, value=Decimal(10) ** 39) for _ in range(4))
    frames = tuple(frame.model_copy(update={"ema": wide}) for frame in features.frames)
    huge = features.model_copy(
        update={
            "frames": frames,
            "quality": features.quality.model_copy(
                update=dict.fromkeys(("missing", "stale", "gaps"), ("a" * 48,) * 16)
            ),
        }
    )
    with pytest.raises(ValidationError, match=r"features: \d,\d+ of 4,096 bytes"):
        Features.model_validate(huge.model_dump())


def test_candles_are_observed_once_and_before_they_are_referred_to() -> None:
    ports, kept = keeping(ports_of())
    events = [decided(ports, signal_received(number))[0] for number in (1, 2)]
    assert len({event.payload.inputs.market for event in events}) == 1
    first, second = kept.observations
    assert [one.payload.topic for one in first.parts] == [
        *["instrument.candles_observed"] * 3,
        "instrument.perp_observed",
    ]
    pairs = zip(first.parts, second.parts, strict=True)
    assert [one is other for one, other in pairs] == [True, True, True, False]
    known: set[str] = set()
    for part in first.parts:
        event = observation_event(*part)
        assert is_authentic(parse_event(event.to_bytes()))
        assert known.issuperset(references_of(event.payload))
        known.add(event.correlation_id)
    assert known.issuperset(references_of(events[0].payload))


def test_the_same_candles_said_again_are_not_serialised_again() -> None:
    cache = cache_of()
    reader = PerpReader(cache)
    _, first = reader.read(COIN, INTERVALS, NOW)
    later = candles("1h").model_copy(update={"observed_at": NOW + timedelta(seconds=5)})
    cache.apply(candles_key(COIN, "1h"), later.model_dump_json().encode())
    _, second = reader.read(COIN, INTERVALS, NOW)
    assert [one.payload for one in first.parts[:3]] == [one.payload for one in second.parts[:3]]
    assert first.parts[1] is second.parts[1]
    # On the next day everything is recorded anew, so that no decision depends on what is older.
    _, third = reader.read(COIN, INTERVALS, NOW + timedelta(days=1))
    assert {one.identifier for one in third.parts}.isdisjoint(one.identifier for one in first.parts)


def test_what_is_remembered_is_what_would_be_computed() -> None:
    ports, cold = ports_of(), IndicatorCache()
    reading, _ = ports.read(COIN, list(INTERVALS), NOW)
    event, limits = signal_received(), ports.limits.opening
    results = [
        decide(event, reading, ports.profiles.unregistered, limits, NOW, indicators)[0].to_bytes()
        for indicators in (ports.indicators, ports.indicators, cold)
    ]
    assert len(set(results)) == 1


def recorded_events() -> list[AnyEvent]:
    """Return signals of every outcome, what was decided about them, and what that rests on."""
    cases: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({}, {}),
        ({}, {"ts_utc": NOW - timedelta(seconds=301)}),
        ({}, {"entry_price": Decimal(2_100)}),
        ({book_key(COIN): None}, {}),
        ({context_key(COIN): context(funding_hourly=Decimal("0.05"))}, {}),
        ({}, {"event_type": "CLOSE_SIGNAL", "signal_direction": "close_long"}),
    ]
    events: dict[str, AnyEvent] = {}
    for number, (changes, of_signal) in enumerate(cases, 1):
        ports, kept = keeping(ports_of(changes))
        cause = signal_received(number, **of_signal)
        following = decided(ports, cause)
        (observation,) = kept.observations
        parts = [observation_event(*part) for part in observation.parts]
        events |= {one.event_id: one for one in (*parts, cause, *following)}
    return [parse_event(event.to_bytes()) for event in events.values()]


def test_what_was_decided_is_decided_again() -> None:
    events = recorded_events()
    todays = TodaysSettings({Role.ENRICHER: limits_of(EnricherSettings())}, load_tokens())
    for wanted in (None, todays):
        findings = asyncio.run(run_again(MemorySource(events), wanted))
        assert findings.differences == []
        assert set(findings.reasons) == {UNJUDGED}
        assert findings.counts.same == 6


def test_another_limit_shows_as_what_differs() -> None:
    strict = limits_of(EnricherSettings(close_signal_max_age_seconds=5))
    todays = TodaysSettings({Role.ENRICHER: strict}, load_tokens())
    findings = asyncio.run(run_again(MemorySource(recorded_events()), todays))
    (difference,) = findings.differences
    assert difference.now[0]["reason"] == "TOO_OLD"
    assert difference.reason == "settings: max_age_seconds was 300, is 5"


def test_a_decision_without_its_candles_is_said_and_not_failed() -> None:
    events = [one for one in recorded_events() if not isinstance(one.payload, CandlesObserved)]
    findings = asyncio.run(run_again(MemorySource(events)))
    assert findings.counts.same == 0
    assert set(findings.reasons) == {
        "the market it was decided on is not in this history",
        UNJUDGED,
    }


def test_indicators_on_another_machine_would_be_compared_by_their_text() -> None:
    """Given the JSON, then every number in it has six significant digits at most."""
    document = json.loads(enriched().features.model_dump_json())
    texts = [document["mid_price"], *(frame["rsi"] for frame in document["frames"])]
    texts += [one["price"] for one in document["support"]]
    digits = [text.replace(".", "").lstrip("-0").rstrip("0") for text in texts]
    assert max(map(len, digits)) <= 6
