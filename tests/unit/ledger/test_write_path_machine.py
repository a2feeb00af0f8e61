"""The write path as a machine that is hurt at random: nothing lost, nothing double, all in order.

Two coordinators at most, of which one may be a zombie, run the real reading, hinting, deciding and
appending over tables, stream and Redis in memory. They crash anywhere, lose connections before and
after a commit, get messages again and in any order; Redis forgets; the database goes back in time.
"""

from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, cast
from unittest.mock import Mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from redis.asyncio import Redis

from actors.coordinator.batch import Batch, read_batch
from actors.coordinator.stream_identity import StreamIdentity
from tests.support.examples import examples
from tests.support.histories import History
from tests.unit.ledger.memory_database import Fault, MemoryDatabase, Tables
from tests.unit.ledger.memory_redis import MemoryRedis
from tests.unit.ledger.memory_stream import CREATED, MemoryStream
from tradewind.contracts.envelope import AnyEvent, InvalidEvent, parse_event
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.ledger.append.hints import Fingerprint, Hints
from tradewind.ledger.append.incarnation import (
    HistoryLost,
    ShownPosition,
    find_loss,
)
from tradewind.ledger.append.lease import StaleEpoch
from tradewind.ledger.append.writer import AppendResult, Ledger, LedgerUnavailable
from tradewind.ledger.records import WriterPosition
from tradewind.postgres import Pool

MAX_MESSAGES = 30
MAX_BATCH = 4
MAX_WRITERS = 2
MAX_LOST_COMMITS = 6
LENGTH = 4

IDENTITY = StreamIdentity(Mock())
IDENTITY.see(datetime.fromisoformat(CREATED))

HISTORIES = [History(number).completed()[:LENGTH] for number in (1, 2)]
COPIES = [
    event.model_copy(update={"producer": "forger"}) for events in HISTORIES for event in events
]
"""The same ids with other bytes."""
RIVALS = [
    event
    for one in (History(1), History(2))
    for decided in ([one.expiry()], [one.accepted(), one.plan_created(), one.started()])
    for event in one.events(*decided)[1:]
]
"""What follows from other decisions about the first event: one ends the history, one goes on."""
POISON = ("intent.submitted.a.b", b"{")
MESSAGES = [
    *((event.subject, event.to_bytes()) for events in HISTORIES for event in events),
    *((event.subject, event.to_bytes()) for event in [*COPIES, *RIVALS]),
    POISON,
]


def run[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """Run what never waits, because everything is in memory."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        return cast(T, finished.value)
    raise AssertionError("it waits")


@cache
def event_in(body: bytes) -> AnyEvent | None:
    try:
        return parse_event(body)
    except InvalidEvent:
        return None


@dataclass
class Writer:
    """A coordinator process: what it holds is lost with it."""

    term: WriterPosition
    ledger: Ledger
    hints: Hints
    committed: WriterPosition
    read: list[Batch] = field(default_factory=list)
    stored: list[tuple[Batch, AppendResult]] = field(default_factory=list)


class WritePath(RuleBasedStateMachine):
    """Rules are what may happen next; invariants hold whatever does."""

    def __init__(self) -> None:
        super().__init__()
        self.database = MemoryDatabase()
        self.redis = MemoryRedis()
        self.stream = MemoryStream()
        self.writers: list[Writer] = []
        self.unnoticed = False
        """The database was restored and nobody has taken it over since."""
        self.unread = False
        """A new incarnation has begun, and the stream is not read from its start yet."""
        self.seen: Tables = self.database.tables

    @initialize()
    def begin(self) -> None:
        self.elect(False)

    @rule(messages=st.lists(st.sampled_from(MESSAGES), min_size=1, max_size=MAX_BATCH))
    def publish(self, messages: list[tuple[str, bytes]]) -> None:
        """Anything, in any order, any number of times."""
        if len(self.stream.messages) < MAX_MESSAGES:
            for message in messages:
                self.stream.publish(*message)

    @precondition(lambda self: self.writers and self.stream.unacknowledged)
    @rule(data=st.data(), hints_answer=st.booleans(), steps=st.sampled_from((3, 3, 3, 2, 1, 0)))
    def work(self, data: st.DataObject, hints_answer: bool, steps: int) -> None:
        """A writer takes messages from the stream to their acknowledgement, or dies on the way."""
        writer = self._one(data)
        self._fetch(writer, self._some_messages(data), hints_answer)
        while writer in self.writers and writer.read:
            self._store(writer)
        while writer in self.writers and writer.stored:
            self._finish(writer, steps)
        if steps < 3 and writer in self.writers:
            self.writers.remove(writer)

    @rule(dies_between=st.sampled_from((False, False, True)))
    def elect(self, dies_between: bool) -> None:
        """A stand-by takes the lease; the one before may live on without knowing."""
        term = self.database.take_lease()
        loss = find_loss(term, self.database.tables.written, self.stream.floor, self.redis.shown)
        assert not loss or self.unnoticed or self.unread, "nothing was lost"
        # What the witnesses cannot know, with Redis flushed too, the operator knows.
        if loss or self.unnoticed:
            after = self.redis.shown.incarnation if self.redis.shown else ""
            term = self.database.begin_incarnation(after, CREATED)
            self.unread = True
            if dies_between:
                return
            self.stream.make_consumer_anew()
        self.unnoticed = self.unread = False
        ledger = Ledger(cast(Pool, self.database), term.epoch, term)
        self.writers.append(Writer(term, ledger, Hints(cast(Redis, self.redis)), term))
        del self.writers[:-MAX_WRITERS]

    @precondition(lambda self: self.writers and self.stream.unacknowledged)
    @rule(data=st.data(), hints_answer=st.booleans())
    def fetch(self, data: st.DataObject, hints_answer: bool) -> None:
        """Messages come in any order, to anyone, as long as they are not acknowledged."""
        self._fetch(self._one(data), self._some_messages(data), hints_answer)

    @precondition(lambda self: any(writer.read for writer in self.writers))
    @rule(data=st.data(), fault=st.sampled_from(("", "", "before", "after")))
    def store(self, data: st.DataObject, fault: Fault) -> None:
        writer = data.draw(st.sampled_from([one for one in self.writers if one.read]))
        self._store(writer, fault)

    @precondition(lambda self: any(writer.stored for writer in self.writers))
    @rule(data=st.data(), steps=st.integers(0, 3))
    def finish(self, data: st.DataObject, steps: int) -> None:
        """Mark, show, acknowledge; a writer that does not get to the end is dead."""
        writer = data.draw(st.sampled_from([one for one in self.writers if one.stored]))
        self._finish(writer, steps)
        if steps < 3:
            self.writers.remove(writer)

    @precondition(lambda self: self.writers)
    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        self.writers.remove(self._one(data))

    @rule()
    def redis_is_flushed(self) -> None:
        self.redis.flush()

    @precondition(lambda self: self.redis.values)
    @rule(data=st.data())
    def a_hint_expires(self, data: st.DataObject) -> None:
        del self.redis.values[data.draw(st.sampled_from(sorted(self.redis.values)))]

    @precondition(lambda self: self.database.tables.events)
    @rule(data=st.data(), is_taken_over=st.booleans())
    def database_is_restored(self, data: st.DataObject, is_taken_over: bool) -> None:
        """It is as it was some commits ago; a stand-by may be the first to come to it.

        What was committed to the old one is acknowledged by now or never: acknowledging takes
        milliseconds, bringing a database back and waiting for the lease to lapse takes seconds.
        """
        age = data.draw(st.integers(1, min(MAX_LOST_COMMITS, len(self.database.backups) - 1)))
        self.database.restore(age)
        self.writers = [one for one in self.writers if not one.stored]
        self.unnoticed = True
        self.seen = self.database.tables
        if is_taken_over:
            self.elect(False)

    def _some_messages(self, data: st.DataObject) -> list[int]:
        waiting = sorted(self.stream.unacknowledged)
        some = st.lists(st.sampled_from(waiting), min_size=1, max_size=MAX_BATCH, unique=True)
        return data.draw(some)

    def _one(self, data: st.DataObject) -> Writer:
        return data.draw(st.sampled_from(self.writers))

    def _fetch(self, writer: Writer, places: list[int], hints_answer: bool) -> None:
        batch = read_batch(self.stream.deliver(places), 0.0, IDENTITY)
        if hints_answer and writer.ledger.reached_by(batch.incoming) is None:
            prints = [Fingerprint(one.event.event_id, one.body_sha256) for one in batch.incoming]
            done = run(writer.hints.claim(writer.term.incarnation, prints, writer.term.epoch))
            batch.set_aside(done)
        writer.read.append(batch)

    def _store(self, writer: Writer, fault: Fault = "") -> None:
        """A writer whose term is over writes nothing and ends."""
        before = self.database.tables
        try:
            result = self._append(writer, writer.read[0], fault)
        except LedgerUnavailable:
            assert fault
            return
        except StaleEpoch:
            assert self.database.tables is before
            self.writers.remove(writer)
            return
        except HistoryLost:
            assert self.database.tables is before
            assert before.position[:2] == writer.term[:2], "a stale term takes over"
            self.writers.remove(writer)
            self.database.begin_incarnation("", CREATED)
            self.stream.make_consumer_anew()
            self.unnoticed = self.unread = False
            return
        assert before.position[:2] == writer.term[:2], "a stale term wrote"
        assert before.commits >= writer.committed.commits, "its past is gone"
        writer.committed = result.position
        writer.stored.append((writer.read.pop(0), result))

    def _append(self, writer: Writer, batch: Batch, fault: Fault) -> AppendResult:
        self.database.fault = fault
        try:
            return run(writer.ledger.append(batch.incoming, batch.rejected, batch.reached))
        finally:
            self.database.fault = ""

    def _finish(self, writer: Writer, steps: int = 3) -> None:
        batch, result = writer.stored.pop(0)
        incarnation = result.position.incarnation
        if steps > 0:
            self.redis.show(ShownPosition(incarnation, result.position.last_global_seq))
        if steps > 1 and result.appended:
            ids = (placed.event.event_id for placed in result.appended)
            prints = [Fingerprint(*one) for one in zip(ids, result.digests, strict=True)]
            run(writer.hints.mark_done(incarnation, prints))
        if steps > 2:
            self.stream.acknowledge(batch.messages)

    @invariant()
    def what_is_acknowledged_is_durable(self) -> None:
        if self.unnoticed:
            return
        for place in self.stream.acknowledged:
            assert self._is_durable(place), f"message {place} is acknowledged and lost"

    @invariant()
    def numbers_have_no_gap(self) -> None:
        tables = self.database.tables
        numbers = [row.global_seq for row in tables.events.values()]
        assert numbers == list(range(1, len(numbers) + 1))
        assert tables.last_global_seq == len(numbers)

    @invariant()
    def histories_are_in_order(self) -> None:
        """Each event was caused by the one before it, so a history is that of one decision."""
        heads: dict[str, AnyEvent] = {}
        for row in self.database.tables.events.values():
            event = event_in(row.body)
            assert event is not None
            if head := heads.get(row.correlation_id):
                assert event.causation_id == head.event_id
            assert row.sequence == event.sequence == (head.sequence if head else 0) + 1
            heads[row.correlation_id] = event

    @invariant()
    def nothing_waits_for_what_is_there(self) -> None:
        heads = self.database.tables.heads
        for row in self.database.tables.parked.values():
            assert row["sequence"] > heads.get(row["correlation_id"], (0, ""))[0] + 1

    @invariant()
    def what_is_recorded_never_changes(self) -> None:
        tables = self.database.tables
        assert list(tables.events.items())[: len(self.seen.events)] == list(
            self.seen.events.items()
        )
        assert tables.quarantine.items() >= self.seen.quarantine.items()
        self.seen = tables

    def _is_durable(self, place: int) -> bool:
        """Recorded, parked, or set aside because something else was recorded in its place.

        A copy of a parked event counts as durable with it, wherever that one comes to lie.
        """
        tables, (_, body) = self.database.tables, self.stream.messages[place - 1]
        event = event_in(body)
        if event is None or any(aside == body for _, aside in tables.quarantine):
            return event is not None or (place, body) in tables.quarantine
        recorded = tables.events.get(event.event_id)
        parked = tables.parked.get(event.event_id)
        return (recorded is not None and recorded.body == body) or (
            parked is not None and parked["body"] == body
        )

    def teardown(self) -> None:
        """Once faults stop, everything finds its place, whatever happened before."""
        self.writers.clear()
        self.elect(False)
        writer = self.writers[-1]
        while self.stream.unacknowledged:
            places = sorted(self.stream.unacknowledged)[:MAX_BATCH]
            self._fetch(writer, places, True)
            self._store(writer)
            self._finish(writer)
        self.what_is_acknowledged_is_durable()
        self.numbers_have_no_gap()
        self.histories_are_in_order()
        self.nothing_waits_for_what_is_there()
        self._check_that_each_history_goes_as_far_as_it_can()
        self._check_that_only_conflicts_and_poison_are_set_aside()

    def _check_that_each_history_goes_as_far_as_it_can(self) -> None:
        tables = self.database.tables
        heads = {row.correlation_id: event_in(row.body) for row in tables.events.values()}
        waiting = set()
        for _, body in self.stream.messages:
            event = event_in(body)
            if event is None or event.event_id in tables.events:
                continue
            head = heads.get(event.correlation_id)
            if head is None:
                assert event.sequence > 1
                waiting.add(event.event_id)
                continue
            assert event.causation_id != head.event_id, "it continues the history"
            if event.sequence > head.sequence + 1 and not head.payload.ends_history:
                waiting.add(event.event_id)
        assert waiting == set(tables.parked)

    def _check_that_only_conflicts_and_poison_are_set_aside(self) -> None:
        for (_, body), reason in self.database.tables.quarantine.items():
            event = event_in(body)
            expected = QuarantineReason.CONFLICT if event else QuarantineReason.MALFORMED
            assert reason == expected
            # a copy of what is recorded is no conflict
            recorded = self.database.tables.events.get(event.event_id) if event else None
            assert recorded is None or recorded.body != body


WritePath.TestCase.settings = settings(max_examples=examples(200), stateful_step_count=40)
TestWritePath = WritePath.TestCase
