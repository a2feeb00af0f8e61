"""Which events of a history count is the same of its rows, of which the usual ones are not read."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings

from tests.support.examples import examples
from tests.support.histories import History
from tests.support.ledger_rows import row_of
from tests.unit.readmodels.test_fold import walks
from tradewind.contracts.envelope import AnyEvent
from tradewind.ledger.records import HistoryDamaged, to_recorded
from tradewind.readmodels.legality import legal_events, legal_rows
from tradewind.readmodels.models.intent_rows import IS_COMPILED


class Reader:
    """Reads events, and counts them."""

    def __init__(self) -> None:
        self.read = 0

    def __call__(self, row: object) -> AnyEvent:
        self.read += 1
        return to_recorded(row).event  # type: ignore[arg-type]


@settings(max_examples=examples(60))
@given(walks())
def test_rows_have_the_same_legal_events_as_their_events(history: list[AnyEvent]) -> None:
    assert set(legal_rows(list(map(row_of, history)), Reader())) == set(legal_events(history))


@pytest.mark.skipif(not IS_COMPILED, reason="the Rust extension is not built")
def test_a_usual_history_is_not_read() -> None:
    reader, history = Reader(), History().completed(fills=2)
    legal = legal_rows(list(map(row_of, history)), reader)
    assert set(legal) == {one.event_id for one in history}
    assert reader.read == 0


def test_what_the_lifecycles_forbid_is_left_out() -> None:
    reader, history = Reader(), with_two_ends()
    assert set(legal_rows(list(map(row_of, history)), reader)) == {
        one.event_id for one in history[:-1]
    }
    assert reader.read == len(history)


def test_a_damaged_row_is_told_wherever_it_stands() -> None:
    rows = [row_of(one) for one in History().completed()]
    rows[1] = {**rows[1], "payload": rows[2]["payload"]}
    with pytest.raises(HistoryDamaged):
        legal_rows(rows, Reader())


def with_two_ends() -> Sequence[AnyEvent]:
    """Return a history that is over, and ends again."""
    history = History()
    return history.events(history.rejected(), history.expiry())
