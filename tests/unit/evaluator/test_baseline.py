"""The scorecard: monotone in each term, alike for long and short, the same bytes for the same."""

from decimal import Decimal
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.evaluator.baseline.scorecard import cap_pct, confidence_pct, score, total_of
from actors.evaluator.baseline.terms import Term, terms_of
from actors.evaluator.baseline.weights import load_weights, parse_weights
from tests.support.evaluations import features, frame, signal, terms
from tradewind.contracts.decisions.model import VERDICTS, Answer
from tradewind.contracts.signals.features import (
    BookImbalance,
    EmaValue,
    Features,
    FrameFeatures,
    PriceLevel,
    Quality,
)
from tradewind.errors import ConfigurationError

WEIGHTS = load_weights().weights
MID = Decimal(3_000)
MIRRORED = {
    "long": "short",
    "short": "long",
    "close_long": "close_short",
    "close_short": "close_long",
}


def cents(low: int, high: int) -> st.SearchStrategy[Decimal]:
    return st.integers(low * 100, high * 100).map(lambda number: Decimal(number) / 100)


PRICES = cents(2_000, 4_000)
LEVELS = st.none() | st.lists(
    st.builds(PriceLevel, price=PRICES, touches=st.integers(1, 9)), max_size=3
).map(tuple)


@st.composite
def frames(draw: st.DrawFn) -> tuple[FrameFeatures, ...]:
    chosen = draw(st.lists(st.sampled_from(("15m", "1h", "4h")), unique=True))
    return tuple(
        frame(
            interval,
            ema=tuple(
                EmaValue(period=period, value=draw(st.none() | PRICES)) for period in (9, 21, 50)
            ),
            macd_histogram=draw(st.none() | cents(-50, 50)),
            rsi=draw(st.none() | cents(0, 100)),
            atr=draw(st.none() | cents(0, 60)),
        )
        for interval in chosen
    )


MARKETS = st.builds(
    features,
    frames=frames(),
    support=LEVELS,
    resistance=LEVELS,
    imbalance=st.none()
    | st.lists(
        st.builds(
            BookImbalance,
            within_bps=st.integers(1, 500),
            value=st.none() | cents(-1, 1),
            covers=st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
    funding_hourly=st.none() | cents(-1, 1).map(lambda one: one / 500),
    spread_bps=st.none() | cents(0, 60),
    entry_drift_bps=cents(-200, 200),
    quality=st.lists(st.sampled_from(("book", "frame_4h", "funding")), unique=True).map(
        lambda flags: Quality(stale=tuple(flags))
    ),
)
DIRECTIONS = st.sampled_from(sorted(MIRRORED))


def of(direction: str) -> dict[str, Any]:
    is_close = direction.startswith("close")
    return {
        "signal_direction": direction,
        "event_type": "CLOSE_SIGNAL" if is_close else "OPEN_SIGNAL",
    }


def mirrored(market: Features) -> Features:
    """Return a market that is reflected in the mid price."""

    def flip(price: Decimal | None) -> Decimal | None:
        return None if price is None else 2 * MID - price

    def levels(found: tuple[PriceLevel, ...] | None) -> tuple[PriceLevel, ...] | None:
        if found is None:
            return None
        return tuple(PriceLevel(price=2 * MID - x.price, touches=x.touches) for x in found)

    return market.model_copy(
        update={
            "frames": tuple(
                one.model_copy(
                    update={
                        "ema": tuple(
                            EmaValue(period=x.period, value=flip(x.value)) for x in one.ema
                        ),
                        "macd_histogram": _negative(one.macd_histogram),
                        "rsi": None if one.rsi is None else 100 - one.rsi,
                    }
                )
                for one in market.frames
            ),
            "support": levels(market.resistance),
            "resistance": levels(market.support),
            "imbalance": market.imbalance
            and tuple(
                one.model_copy(update={"value": _negative(one.value)}) for one in market.imbalance
            ),
            "funding_hourly": _negative(market.funding_hourly),
            "entry_drift_bps": -market.entry_drift_bps,
        }
    )


def _negative(value: Decimal | None) -> Decimal | None:
    return None if value is None else -value


@settings(max_examples=60, deadline=None)
@given(MARKETS, DIRECTIONS)
def test_a_reflected_market_gives_the_other_side_the_same_answer(
    market: Features, direction: str
) -> None:
    here = score(terms(**of(direction)), market, WEIGHTS)
    there = score(terms(**of(MIRRORED[direction])), mirrored(market), WEIGHTS)
    assert here == there
    again = score(terms(**of(direction)), market.model_copy(deep=True), WEIGHTS)
    assert here.model_dump_json() == again.model_dump_json()
    assert Answer.model_validate_json(here.model_dump_json()) == here
    assert here.decision in VERDICTS[of(direction)["event_type"]]


@settings(max_examples=60, deadline=None)
@given(MARKETS, DIRECTIONS, st.data())
def test_more_of_a_term_never_speaks_less_for_the_signal(
    market: Features, direction: str, data: st.DataObject
) -> None:
    lines = list(terms_of(signal(**of(direction)), market, WEIGHTS))
    assert all(line.value is None or -1 <= line.value <= 1 for line in lines)
    known = [place for place, line in enumerate(lines) if line.value is not None]
    place = data.draw(st.sampled_from(known))
    old = lines[place].value
    assert old is not None
    raised = old + data.draw(cents(0, 1)) * ((1 if lines[place].has_side else 0) - old)
    more = [*lines[:place], lines[place]._replace(value=raised), *lines[place + 1 :]]

    assert total_of(more) >= total_of(lines)
    for follows, sign in ((True, 1), (False, -1)):
        before = confidence_pct(total_of(lines), WEIGHTS.steepness, follows=follows)
        after = confidence_pct(total_of(more), WEIGHTS.steepness, follows=follows)
        assert sign * after >= sign * before


@settings(max_examples=60, deadline=None)
@given(MARKETS, DIRECTIONS)
def test_what_is_missing_is_left_out_and_caps_the_confidence(
    market: Features, direction: str
) -> None:
    lines = terms_of(signal(**of(direction)), market, WEIGHTS)
    missing = [line for line in lines if line.value is None and line.has_side]
    answer = score(terms(**of(direction)), market, WEIGHTS)
    cap = cap_pct(lines)
    assert answer.confidence_pct <= cap
    assert (cap < 100) == bool(missing)
    assert (answer.reasons[-1] == f"confidence_capped_at:{cap}") == bool(missing)
    for line in missing:
        assert not any(reason.startswith(f"{line.name}_") for reason in answer.reasons)


def test_a_clear_trend_is_followed_for_the_reasons_that_are_told() -> None:
    answer = score(terms(), features(), WEIGHTS)
    assert (answer.decision, answer.confidence_pct) == ("FOLLOW_ENTER", 92)
    assert answer.reasons == (
        "trend_4h_with_signal:+0.20",
        "trend_1h_with_signal:+0.14",
        "trend_15m_with_signal:+0.08",
        "levels_with_signal:+0.03",
        "rsi_1h_with_signal:+0.03",
        "rsi_4h_with_signal:+0.03",
        "momentum_1h_with_signal:+0.03",
        "momentum_4h_with_signal:+0.03",
    )
    assert score(terms(signal_direction="short"), features(), WEIGHTS).decision == "IGNORE"
    closing = terms(**of("close_long"))
    assert score(closing, features(), WEIGHTS).decision == "HOLD"
    assert score(terms(**of("close_short")), features(), WEIGHTS).decision == "FOLLOW_EXIT"


@pytest.mark.parametrize(
    ("rsi", "value"),
    [(50, "0"), (60, "1"), (70, "0"), (80, "-1"), (99, "-1"), (40, "-1"), (5, "1")],
)
def test_strength_speaks_for_a_rise_until_it_is_overbought(rsi: int, value: str) -> None:
    market = features(frames=(frame("4h", rsi=Decimal(rsi)),))
    lines = {line.name: line for line in terms_of(signal(), market, WEIGHTS)}
    assert lines["rsi_4h"].value == Decimal(value)
    assert lines["trend_4h"] == Term("trend_4h", WEIGHTS.frames["4h"].trend, Decimal(1))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('levels: "0.10"', 'levels: "0.11"', "add up to 1.01, not to 1"),
        ('levels: "0.10"', 'level: "0.10"', "levels: Field required"),
        ("version: baseline@1", "version: 1", "version: String should match"),
        ('threshold: "0.12"', 'threshold: "0"', "threshold: Input should be greater than 0"),
    ],
)
def test_wrong_weights_are_refused_with_what_is_wrong(old: str, new: str, says: str) -> None:
    path = resources.files("actors.evaluator.baseline").joinpath("weights/v1.yaml")
    text = path.read_text()
    assert old in text
    with pytest.raises(ConfigurationError, match=says):
        parse_weights(text.replace(old, new).encode())
