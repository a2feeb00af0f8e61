"""A process decides only on a database that it has proven to have every approval."""

from collections.abc import Iterator
from itertools import repeat
from typing import Any

import pytest

from tradewind.trading.book.fence import Fence, Fenced, StreamEnd
from tradewind.trading.book.records import Observed

WELL = Observed(
    server="7@1",
    incarnation="a",
    commits=5,
    last_global_seq=9,
    stream_created="s",
    stream_sequence=20,
    settled=9,
)
END = StreamEnd("s", 20)


class Ends:
    """Says where the stream ends, one answer after the other."""

    def __init__(self, *ends: StreamEnd) -> None:
        self._ends: Iterator[StreamEnd] = iter(ends) if len(ends) > 1 else repeat(ends[0])

    async def __call__(self) -> StreamEnd:
        return next(self._ends)


async def proven(fence: Fence, seen: Observed = WELL, *ends: StreamEnd) -> bool:
    return await fence.prove(seen, fence.known_commits, Ends(*(ends or (END,))))


async def test_a_new_process_has_proven_nothing() -> None:
    fence = Fence()
    with pytest.raises(Fenced):
        fence.check(WELL, fence.known_commits)
    assert await proven(fence)
    fence.check(WELL, fence.known_commits)


LACKING: dict[str, dict[str, Any]] = {
    "the ledger has not read the stream to its end": {"stream_sequence": 19},
    "the ledger was written from another stream": {"stream_created": "older"},
    "the book does not follow the ledger": {"settled": 8},
}


@pytest.mark.parametrize("lacking", LACKING)
async def test_a_database_that_lacks_something_is_not_proven(lacking: str) -> None:
    fence = Fence()
    assert not await proven(fence, WELL._replace(**LACKING[lacking]))
    assert await proven(fence)


async def test_what_is_recorded_later_need_not_be_settled() -> None:
    """Given a ledger that always goes on, then the proof ends all the same."""
    fence = Fence()
    assert not await proven(fence, WELL._replace(settled=3))
    assert await proven(fence, WELL._replace(last_global_seq=40, settled=9))


async def test_what_is_published_later_need_not_be_read() -> None:
    fence = Fence()
    assert not await proven(fence, WELL._replace(stream_sequence=19))
    assert await proven(fence, WELL, StreamEnd("s", 99))


NOTHING = WELL._replace(stream_created="", stream_sequence=0, last_global_seq=0, settled=0)


async def test_a_platform_that_begins_has_nothing_to_read() -> None:
    assert await proven(Fence(), NOTHING, StreamEnd("new", 0))
    assert not await proven(Fence(), NOTHING, StreamEnd("new", 1))


async def test_an_empty_stream_is_read_once_the_ledger_goes_on_with_it() -> None:
    """Given a broker without its store, then whoever records first says what is missing."""
    fence = Fence()
    assert not await proven(fence, WELL, StreamEnd("new", 0))
    anew = WELL._replace(stream_created="new", stream_sequence=0)
    assert await proven(fence, anew, StreamEnd("new", 0))


async def test_a_stream_that_is_made_anew_has_another_end() -> None:
    """Given a broker that loses its store meanwhile, then the old sequences count for nothing."""
    fence = Fence()
    assert not await proven(fence, WELL._replace(stream_sequence=3))
    anew = WELL._replace(stream_created="new", stream_sequence=2)
    assert await proven(fence, anew, StreamEnd("new", 2))


RESTORED: dict[str, dict[str, Any]] = {
    "another database": {"server": "8@1"},
    "another start of the server": {"server": "7@2"},
    "a new incarnation": {"incarnation": "b"},
    "a gap in the history": {"token": "b"},
    "fewer commits": {"commits": 4},
}


@pytest.mark.parametrize("sign", RESTORED)
async def test_each_sign_of_a_restore_is_enough(sign: str) -> None:
    fence = Fence()
    assert await proven(fence)
    restored = WELL._replace(**RESTORED[sign], stream_sequence=12)
    with pytest.raises(Fenced):
        fence.check(restored, fence.known_commits)
    assert not await proven(fence, restored)
    assert await proven(fence, restored._replace(stream_sequence=20))


async def test_two_answers_in_the_wrong_order_are_no_restore() -> None:
    """Given a question that was asked before another, when it is answered last, all is well."""
    fence = Fence()
    assert await proven(fence)
    known = fence.known_commits
    fence.check(WELL._replace(commits=8), known)
    fence.check(WELL._replace(commits=6), known)
    assert fence.known_commits == 8
