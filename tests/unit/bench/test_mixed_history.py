"""The history a rebuild is measured with: every outcome, every event a legal one."""

from collections import Counter
from itertools import islice

from loadtest.bench.rebuild import interleaved
from loadtest.mixed_history import mixed_histories
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.readmodels.models.intent_history import fold

HISTORIES = list(islice(mixed_histories(1), 400))


def test_the_same_seed_gives_the_same_history() -> None:
    assert list(islice(mixed_histories(1), 400)) == HISTORIES
    assert list(islice(mixed_histories(2), 5)) != HISTORIES[:5]


def test_every_outcome_is_in_it_and_nothing_illegal() -> None:
    intents = [fold(history, "x").intent for history in HISTORIES]
    states = Counter(one.state for one in intents if one is not None)
    ended = set(IntentState) - {IntentState.SCREENED, IntentState.ACCEPTED, IntentState.PLANNED}
    assert set(states) == ended
    assert sum(one.illegal_events for one in intents if one is not None) == 0
    assert intents.count(None) == len(HISTORIES) // 50


def test_several_histories_go_on_at_the_same_time() -> None:
    events = list(islice(interleaved(mixed_histories(1)), 2_000))
    heads: Counter[str] = Counter()
    for event in events:
        heads[event.correlation_id] += 1
        assert event.sequence == heads[event.correlation_id]
    assert len({event.correlation_id for event in events[:60]}) == 60
