"""The simulated exchange answers with the keys of the real one, and its past does not change."""

from typing import Any

import pytest

from simulators.hyperliquid.answers import DELISTED, Answers, UnknownCoin, Unprocessable
from simulators.hyperliquid.market import SimulatedMarket
from tests.facts import hyperliquid as facts

NOW = 1_790_000_040.0
REQUESTS: dict[str, dict[str, Any]] = {
    "l2Book": {"coin": "BTC"},
    "candleSnapshot": {
        "req": {
            "coin": "BTC",
            "interval": "15m",
            "startTime": int(NOW - 250 * 900) * 1_000,
            "endTime": int(NOW) * 1_000,
        }
    },
    "fundingHistory": {"coin": "BTC", "startTime": int(NOW - 86_400) * 1_000},
}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def market_of(clock: Clock, prices: dict[str, float] | None = None) -> SimulatedMarket:
    return SimulatedMarket(7, clock, lambda: prices or {})


def answers_of(clock: Clock, prices: dict[str, float] | None = None) -> Answers:
    return Answers(market_of(clock, prices), clock)


def shape(value: Any) -> Any:
    """Return the keys and types of a value; of a list the shapes that are in it."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, list):
        found: list[Any] = []
        for one in map(shape, value):
            if one not in found:
                found.append(one)
        return found
    return type(value).__name__


@pytest.mark.parametrize("request_type", facts.ANSWERS)
def test_answers_have_the_keys_and_types_of_the_real_service(
    request_type: str, clock: Clock
) -> None:
    body = {"type": request_type} | REQUESTS.get(request_type, {})
    assert shape(answers_of(clock).of(body)) == shape(facts.ANSWERS[request_type])


def test_frames_have_the_keys_and_types_of_the_real_service(clock: Clock) -> None:
    answers = answers_of(clock)
    context = {"coin": "BTC", "ctx": answers.context("BTC")}
    assert shape(context) == shape(facts.FRAMES["activeAssetCtx"])
    assert shape(answers.book("BTC", 3)) == shape(facts.FRAMES["l2Book"])
    assert shape(answers.best("BTC")) == shape(facts.FRAMES["bbo"])


def test_what_is_wrong_is_answered_as_the_real_service_does(clock: Clock) -> None:
    answers = answers_of(clock)
    assert answers.of({"type": "l2Book", "coin": "NONE"}) is None
    assert answers.of({"type": "l2Book", "coin": DELISTED})["levels"] == [[], []]
    with pytest.raises(UnknownCoin):
        answers.of({"type": "fundingHistory", "coin": "NONE", "startTime": 0})
    for wrong in (
        {"type": "x"},
        {"type": "l2Book"},
        {"type": "l2Book", "coin": "BTC", "nSigFigs": 9},
    ):
        with pytest.raises(Unprocessable):
            answers.of(wrong)
    with pytest.raises(Unprocessable):
        answers.of({"type": "fundingHistory", "coin": "BTC", "startTime": -1})


def test_a_closed_candle_never_changes_and_the_last_one_ends_at_the_mid(clock: Clock) -> None:
    prices = {"ETH": 2_987.6}
    market = market_of(clock, prices)
    answers = Answers(market, clock)
    request = {"coin": "ETH", "interval": "15m", "startTime": 0, "endTime": int(NOW + 9e6) * 1_000}
    body = {"type": "candleSnapshot", "req": request}
    before = answers.of(body)
    assert len(before) == 5_001
    assert before[-1]["c"] == "2987.6"
    assert [row["t"] for row in before] == list(range(before[0]["t"], before[-1]["t"] + 1, 900_000))
    for _ in range(40):
        clock.now += 60
        prices["ETH"] *= 1.001
        market.look()
    after = {row["t"]: row for row in answers.of(body)}
    assert all(after[row["t"]] == row for row in before[2:-1] if row["t"] in after)
    assert after[before[-1]["t"] + 900_000]["o"] != after[before[-1]["t"] + 900_000]["c"]
    assert float(answers.context("ETH")["midPx"]) == pytest.approx(prices["ETH"], rel=1e-4)


def test_the_same_seed_gives_the_same_past(clock: Clock) -> None:
    body = {"type": "candleSnapshot", **REQUESTS["candleSnapshot"]}
    assert answers_of(clock).of(body) == answers_of(clock).of(body)
    assert Answers(SimulatedMarket(8, clock), clock).of(body) != answers_of(clock).of(body)
