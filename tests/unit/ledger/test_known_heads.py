"""A batch is known to hold no copies only while each event is the next one of its history."""

from collections.abc import Sequence

from tests.support.arrivals import arrive
from tests.support.histories import History
from tradewind.contracts.envelope import AnyEvent
from tradewind.ledger.append.known_heads import KnownHeads
from tradewind.ledger.records import PlacedEvent

ONE, OTHER = (History(number).completed(fills=2) for number in (1, 2))
NAME, OTHER_NAME = ONE[0].correlation_id, OTHER[0].correlation_id


def noted(events: Sequence[AnyEvent]) -> KnownHeads:
    heads = KnownHeads()
    heads.note(PlacedEvent(event, place) for place, event in enumerate(events, 1))
    return heads


def test_a_batch_continues_what_is_appended_or_ahead_of_it() -> None:
    heads = noted(ONE[:2])
    first = heads.reached_by(arrive([ONE[2], OTHER[0], OTHER[1]]))
    assert first == {NAME: 3, OTHER_NAME: 2}
    second = heads.reached_by(arrive([OTHER[2], OTHER[3]]), [first])
    assert second == {OTHER_NAME: 4}
    assert heads.reached_by(arrive([ONE[3], OTHER[4]]), [first, second]) == {NAME: 4, OTHER_NAME: 5}
    assert heads.reached_by([], [first, second]) == {}


def test_copies_and_gaps_continue_nothing() -> None:
    heads = noted(ONE[:2])
    ahead = [{NAME: 4}]
    for events in ([ONE[1]], [ONE[3]], [ONE[2], ONE[2]], [OTHER[1]], [ONE[2], OTHER[1]]):
        assert heads.reached_by(arrive(events)) is None
    for events in ([ONE[2]], [ONE[3]], [ONE[5]], [OTHER[0], ONE[3]]):
        assert heads.reached_by(arrive(events), ahead) is None
    heads.forget()
    assert heads.reached_by(arrive([ONE[2]])) is None
