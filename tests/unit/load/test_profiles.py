"""A profile says at every moment what the load is, and ends."""

from collections.abc import Sequence

import pytest
from tradewind_client.resources import Event

from loadtest.load.history import EVENT, Moment
from loadtest.load.profiles import PROFILES, Profile, Stage
from loadtest.load.report import Sample, stage_results
from loadtest.load.signal_spans import SignalSpans
from tests.support.signal_histories import observed_signal, rejected_signal
from tradewind.contracts.envelope import AnyEvent

TWO = Profile("a test", 3, [Stage(10, 60), Stage(20, 120, reconnects=True)])


@pytest.mark.parametrize(
    ("elapsed", "number"), [(0.0, 0), (9.9, 0), (10.0, 1), (29.9, 1), (30.0, None)]
)
def test_the_stage_of_a_moment(elapsed: float, number: int | None) -> None:
    found = TWO.at(elapsed)
    assert (None if found is None else found[0]) == number


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_every_profile_is_bounded(profile: Profile) -> None:
    assert profile.stages
    assert profile.at(profile.seconds) is None
    assert profile.seconds <= 1_200


def test_what_a_stage_did_is_counted_in_it_alone() -> None:
    """Given 10 intents in the first stage and 40, 4 of them refused, in the second."""
    moments = [Moment(100 + second, "/intents", second, 0, 5.0, 9.0) for second in range(11)]
    moments += [
        Moment(111 + second, "/intents", 12 + 2 * second, second // 5, 7.0, 30.0)
        for second in range(19)
    ]
    moments += [Moment(105, EVENT, 3, 0, 2.0, 4.0)]
    samples = [Sample(100 + second, {"risk": second * 0.25}) for second in range(31)]
    first, second = stage_results(TWO, moments, samples)
    assert first.measured.done_per_second == pytest.approx(1.0)
    assert first.measured.kept_up
    assert (first.event_median_ms, first.event_p99_ms) == (2.0, 4.0)
    assert second.measured.done_per_second == pytest.approx((38 - 3) / 19, rel=0.2)
    assert (second.post_median_ms, second.post_p99_ms) == (7.0, 30.0)
    assert first.measured.cores == second.measured.cores == {"risk": 0.25}


def test_a_stage_of_a_signal_ends_with_its_event_and_a_rejected_one_is_forgotten() -> None:
    spans = SignalSpans()
    seen = [spans.note(event) for event in stream_of(observed_signal(), rejected_signal())]
    names = [[name for name, _ in one] for one in seen if one]
    assert names == [
        ["received to enriched"],
        ["enriched to evaluated"],
        ["evaluated to concluded", "all of it"],
    ]
    assert all(milliseconds > 0 for one in seen for _, milliseconds in one)


def stream_of(*histories: Sequence[AnyEvent]) -> list[Event]:
    """Return events as the client has them."""
    return [Event.model_validate_json(one.to_bytes()) for history in histories for one in history]
