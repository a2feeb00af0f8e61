"""Which bytes may be replaced at once, and which have to be looked at again."""

import pytest

from tradewind.readmodels.documents.replacement import NOTHING, is_ahead
from tradewind.readmodels.rebuild.comparison import MAX_KEYS, Comparison


def head(incarnation: str, version: int) -> bytes:
    return f'{{"incarnation":"{incarnation}","version":{version},"state":"x"}}'.encode()


@pytest.mark.parametrize(
    ("held", "ahead"),
    [
        (NOTHING, False),
        (b"{", False),
        (head("b", 4), False),
        (head("b", 5), False),
        (head("b", 6), True),
        (head("b", 10), True),
        (head("a", 6), False),
        (head("c", 1), True),
    ],
)
def test_only_what_a_writer_may_have_written_later_is_ahead(held: bytes, ahead: bool) -> None:
    assert is_ahead(held, head("b", 5)) is ahead


def test_a_comparison_names_the_first_and_counts_all() -> None:
    one, other = Comparison(), Comparison()
    one.different.add(f"intent:{number}" for number in range(MAX_KEYS - 1))
    other.different.add(["plan:1", "plan:2", "plan:3"])
    other.events = 7
    assert one.wrong == MAX_KEYS - 1
    one.merge(other)
    assert (one.different.count, one.events) == (MAX_KEYS + 2, 7)
    assert one.different.keys[-1] == "plan:1"
    assert len(one.different.keys) == MAX_KEYS
    assert not one.is_identical
    assert Comparison().is_identical
