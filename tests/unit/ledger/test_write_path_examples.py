"""Short stories of the write path that a random machine tells too seldom."""

import pytest

from tests.unit.ledger.test_write_path_machine import HISTORIES, WritePath, Writer
from tradewind.contracts.envelope import AnyEvent

FIRST, SECOND, *_ = HISTORIES[0]


@pytest.fixture
def path() -> WritePath:
    """Return a write path with one writer and nothing on its way."""
    path = WritePath()
    path.elect(False)
    return path


def work(path: WritePath, writer: Writer, event: AnyEvent) -> None:
    """Publish an event and have a writer take it to its acknowledgement, or end."""
    path.stream.publish(event.subject, event.to_bytes())
    path._fetch(writer, [len(path.stream.messages)], True)
    path._store(writer)
    if writer in path.writers:
        path._finish(writer)


def test_a_hint_of_the_lost_incarnation_counts_for_nothing(path: WritePath) -> None:
    """Given an event Redis calls done and the database lost, then it is recorded again."""
    work(path, path.writers[0], FIRST)
    path.database.restore(1)
    path.unnoticed, path.seen = True, path.database.tables
    path.writers.clear()
    path.elect(False)
    assert path.redis.values
    path.teardown()
    assert FIRST.event_id in path.database.tables.events


def test_two_writers_of_one_epoch_are_told_apart_by_their_incarnation(path: WritePath) -> None:
    """Given an election that was lost with the database, then its winner writes nothing more."""
    work(path, path.writers[0], FIRST)
    path.elect(False)
    (_, zombie) = path.writers
    path.database.restore(2)
    path.unnoticed, path.seen = True, path.database.tables
    path.elect(False)
    winner = path.writers[-1]
    assert winner.term.epoch == zombie.term.epoch
    before = path.database.tables
    work(path, zombie, SECOND)
    assert path.database.tables is before
    assert zombie not in path.writers
    assert winner in path.writers
    path.teardown()


@pytest.mark.parametrize("lost", [FIRST, SECOND], ids=["recorded", "parked"])
def test_a_writer_does_not_go_on_after_its_past_is_gone(path: WritePath, lost: AnyEvent) -> None:
    """Given a commit of its own that is gone, then a writer has the stream read again."""
    (writer,) = path.writers
    work(path, writer, lost)
    path.database.restore(1)
    path.unnoticed, path.seen = True, path.database.tables
    work(path, writer, HISTORIES[1][0])
    assert path.writers == []
    assert path.stream.acknowledged == set()
    path.teardown()
