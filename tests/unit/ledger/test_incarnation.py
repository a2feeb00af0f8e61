"""What shows that a ledger lost something, and what does not."""

import pytest

from tradewind.ledger.append.incarnation import (
    UNKNOWN_POSITION,
    ShownPosition,
    StreamPosition,
    find_loss,
)
from tradewind.ledger.records import WriterPosition

RECORDED = WriterPosition("b", 3, 100)
WRITTEN = StreamPosition("monday", 200)
OTHER_STREAM = StreamPosition("tuesday", 5)


@pytest.mark.parametrize(
    ("written", "acknowledged", "shown"),
    [
        (WRITTEN, WRITTEN, None),
        (WRITTEN, StreamPosition("monday", 0), None),
        (WRITTEN, StreamPosition("tuesday", 0), None),
        (UNKNOWN_POSITION, StreamPosition("monday", 9), None),
        (UNKNOWN_POSITION, StreamPosition("monday", 0), None),
        (WRITTEN, WRITTEN, ShownPosition("b", 100)),
        (WRITTEN, WRITTEN, ShownPosition("b", 0)),
        (WRITTEN, WRITTEN, ShownPosition("a", 900)),
    ],
)
def test_no_loss(
    written: StreamPosition, acknowledged: StreamPosition, shown: ShownPosition | None
) -> None:
    assert not find_loss(RECORDED, written, acknowledged, shown)


@pytest.mark.parametrize(
    ("written", "acknowledged", "shown"),
    [
        (WRITTEN, StreamPosition("monday", 201), None),
        (StreamPosition("monday", 0), StreamPosition("monday", 1), None),
        (WRITTEN, OTHER_STREAM, None),
        (WRITTEN, WRITTEN, ShownPosition("b", 101)),
        (WRITTEN, WRITTEN, ShownPosition("c", 1)),
        (UNKNOWN_POSITION, WRITTEN, ShownPosition("b", 101)),
    ],
)
def test_loss(
    written: StreamPosition, acknowledged: StreamPosition, shown: ShownPosition | None
) -> None:
    assert find_loss(RECORDED, written, acknowledged, shown)


def test_an_empty_database_in_place_of_a_full_one_is_a_loss() -> None:
    """Redis does not tell: what it shows is of an incarnation that began earlier."""
    empty = WriterPosition("c", 1, 0)
    assert find_loss(empty, UNKNOWN_POSITION, WRITTEN, ShownPosition("b", 100))
    assert find_loss(empty, UNKNOWN_POSITION, WRITTEN, None)
    assert not find_loss(empty, UNKNOWN_POSITION, StreamPosition("monday", 0), None)
