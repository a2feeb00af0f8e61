"""The benchmark's backlog must be what the platform itself would accept."""

import itertools

from loadtest.bench.events import accepted_histories
from tradewind.contracts.envelope import parse_event


def test_histories_are_well_formed_caused_and_numbered() -> None:
    for history in itertools.islice(accepted_histories(seed=1), 20):
        assert [parse_event(event.to_bytes()) for event in history] == history
        assert [event.sequence for event in history] == [1, 2, 3, 4]
        assert history[0].causation_id == history[0].correlation_id
        for cause, event in itertools.pairwise(history):
            assert event.causation_id == cause.event_id


def test_the_same_seed_gives_the_same_backlog_and_no_id_twice() -> None:
    first, again = (
        [event for history in itertools.islice(accepted_histories(seed), 50) for event in history]
        for seed in (3, 3)
    )

    assert first == again
    assert len({event.event_id for event in first}) == len(first)
