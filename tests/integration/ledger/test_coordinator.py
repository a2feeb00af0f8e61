"""The coordinator on real servers: what arrives ends in the ledger, once, and is acknowledged."""

import asyncio
import json
import os
import signal
from collections.abc import Sequence

import pytest

from actors.coordinator import loop, projection
from actors.coordinator.pipeline import MARKED_DONE
from actors.venues.recording import heard_plans
from tests.integration.ledger.harness import LedgerHarness, interleaved, wait_despite_outages
from tests.support.arrivals import arrive
from tests.support.histories import START, History
from tests.support.paused import stop
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent, first_event
from tradewind.contracts.streams import DEAD_LETTERS_STREAM
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.system.dead_letters import DeadLetter
from tradewind.contracts.system.payloads import DeadLetterResolved
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.ledger.append.incarnation import StreamPosition
from tradewind.ledger.append.incoming import Incoming, Rejected
from tradewind.ledger.append.writer import (
    AFTER_COMMIT,
    BEFORE_COMMIT,
    AppendResult,
    Ledger,
    LedgerUnavailable,
)
from tradewind.ledger.records import PlacedEvent
from tradewind.ledger.upkeep.dead_letters import DeadLetters
from tradewind.operations.embedded.servers import Servers
from tradewind.postgres import Pool
from tradewind.readmodels.projection.projector import Projector

HISTORIES = [History(number) for number in range(1, 9)]


async def test_what_is_published_is_recorded_and_shown(harness: LedgerHarness) -> None:
    async with harness.coordinator():
        await harness.publish(*interleaved(HISTORIES))
        await harness.drained()
        await harness.holds_exactly(HISTORIES)
        await harness.shows(HISTORIES)


async def test_plans_are_told_of_once_they_are_recorded(harness: LedgerHarness) -> None:
    events, told = History(1).events(*History(1).until_planned()), list[str]()
    async with heard_plans(harness.connection) as recorded:
        recorded.take = told.extend  # type: ignore[method-assign,assignment]
        await harness.connection.flush()
        async with harness.coordinator():
            await harness.publish(*events)
            await wait_until(lambda: bool(told), "the plan is told of")
            assert told == [events[-1].event_id]
            assert (await harness.reader.position()).last_global_seq == len(events)


async def test_copies_and_disorder_leave_no_trace(harness: LedgerHarness) -> None:
    events = interleaved(HISTORIES)
    async with harness.coordinator():
        await harness.publish(*reversed(events))
        await harness.publish(*events[::3])
        await harness.drained()
        await harness.publish(*events[1::3])
        await harness.drained()
        await harness.holds_exactly(HISTORIES)
        await harness.shows(HISTORIES)


async def test_a_gap_waits_for_the_missing_event(harness: LedgerHarness) -> None:
    history = HISTORIES[0]
    root, missing, *later = history.completed()
    async with harness.coordinator():
        await harness.publish(root, *later)
        await harness.drained()
        assert await harness.parked() == len(later)
        await harness.publish(missing)
        await harness.drained()
        await harness.holds_exactly([history])
        await harness.shows([history])


async def test_poison_is_set_aside_with_its_bytes_and_harms_no_neighbour(
    harness: LedgerHarness,
) -> None:
    history = HISTORIES[0]
    event = history.completed()[1]
    body = json.loads(event.to_bytes())
    forged = event.model_copy(update={"producer": "forger"}).to_bytes()
    zero_byte = HISTORIES[1].events(
        HISTORIES[1].cancellation().model_copy(update={"requested_by": "a\0b"})
    )[1]
    poison = [
        ("MALFORMED", event.subject, b"\xff\x00garbage"),
        ("MALFORMED", "intent.submitted", b"{}"),
        ("UNKNOWN_TOPIC", "intent.sold.a.b", json.dumps(body | {"topic": "intent.sold"}).encode()),
        ("UNKNOWN_VERSION", event.subject, json.dumps(body | {"version": 9}).encode()),
        ("INVALID", event.subject, json.dumps(body | {"sequence": "2"}).encode()),
        ("SUBJECT_MISMATCH", "risk.rejected.a.b", event.to_bytes()),
        ("CONFLICT", event.subject, forged),
        ("TOO_LARGE", event.subject, b" " * (300 * 1024)),
    ]
    async with harness.coordinator():
        await harness.publish(*history.completed()[:4])
        await harness.drained()
        for _, subject, raw in poison:
            await harness.publish_raw(subject, raw)
        await harness.publish(HISTORIES[1].events()[0], zero_byte)
        await harness.publish(*history.completed()[4:])
        await harness.drained()
        set_aside = sorted(await harness.quarantined())
        expected = [(reason, raw) for reason, _, raw in poison]
        assert set_aside == sorted([*expected, ("INVALID", zero_byte.to_bytes())])
        await harness.shows([history])


async def test_dead_letters_and_what_operators_do_with_them(harness: LedgerHarness) -> None:
    letter = DeadLetter("planner.workers", "intent.accepted.a.b", "TIME_LIMIT", "", 3, b"\0raw", 5)
    note = DeadLetterResolved(dead_letter_id=letter.id, note="seen")
    resolved = first_event(
        note,
        correlation_id=f"system-{HISTORIES[0].intent_id}",
        key=EventKey(),
        producer="operator",
        at=START,
    )
    async with harness.coordinator():
        await harness.publish_raw(letter.dead_letter_subject, letter.raw, letter.headers())
        await harness.publish_raw(letter.dead_letter_subject, b"no headers")
        await harness.drained(DEAD_LETTERS_STREAM)
        recorded = await DeadLetters(harness.pool).one(letter.id)
        assert recorded is not None
        assert (recorded.letter, recorded.state) == (letter, "open")
        assert await harness.quarantined() == [("MALFORMED", b"no headers")]
        await harness.publish(resolved)
        await harness.drained()
        closed = await DeadLetters(harness.pool).page()
        assert [(one.state, one.note) for one in closed] == [("resolved", "seen")]


async def test_flushed_read_models_come_back_by_themselves(harness: LedgerHarness) -> None:
    events = interleaved(HISTORIES)
    async with harness.coordinator():
        await harness.publish(*events[: len(events) // 2])
        await harness.recorded_at_least(10)
        await harness.redis.flushall()
        await harness.publish(*events[len(events) // 2 :])
        await harness.drained()
        await harness.holds_exactly(HISTORIES)
        await harness.shows(HISTORIES)
        # The coordinator is idle now, so only the regular check can notice.
        await harness.redis.flushall()
        await harness.shows(HISTORIES)


async def test_what_a_dead_coordinator_recorded_but_did_not_show_is_shown(
    harness: LedgerHarness,
) -> None:
    async with harness.coordinator():
        await harness.publish(*HISTORIES[0].completed())
        await harness.shows(HISTORIES[:1])
        epoch = (await harness.reader.position()).epoch
        await Ledger(harness.pool, epoch).append(arrive(HISTORIES[1].completed()))
        await harness.shows(HISTORIES[:2])


async def test_no_redis_is_no_obstacle(harness: LedgerHarness, servers: Servers) -> None:
    events = interleaved(HISTORIES)
    async with harness.coordinator():
        await harness.publish(*events[:20])
        await harness.recorded_at_least(20)
        servers.processes["redis"].kill()
        try:
            await harness.publish(*events[20:])
            await harness.recorded_at_least(len(events))
        finally:
            servers.processes["redis"].restart()
        await harness.drained()
        await harness.holds_exactly(HISTORIES)
        await harness.shows(HISTORIES)


class StuckProjector(Projector):
    """A projector that writes nothing before it is let go."""

    let_go = asyncio.Event()

    async def project(self, incarnation: str, start: int, events: Sequence[PlacedEvent]) -> bool:
        await self.let_go.wait()
        return await super().project(incarnation, start, events)

    async def catch_up(self) -> int:
        await self.let_go.wait()
        return await super().catch_up()


async def test_recording_does_not_wait_for_the_read_models(
    harness: LedgerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a projection that stands still, then events are recorded and acknowledged.

    They are more than are kept for it in memory, and are shown all the same once it goes on.
    """
    monkeypatch.setattr(loop, "Projector", StuckProjector)
    monkeypatch.setattr(StuckProjector, "let_go", asyncio.Event())
    monkeypatch.setattr(projection, "MAX_HANDED_EVENTS", 10)
    async with harness.coordinator():
        await harness.publish(*interleaved(HISTORIES))
        await harness.drained()
        await harness.holds_exactly(HISTORIES)
        assert await harness.redis.keys("intent:*") == []
        StuckProjector.let_go.set()
        await harness.shows(HISTORIES)


class DefectiveProjector(Projector):
    """A projector with a defect that shows at first."""

    failures = 0

    async def catch_up(self) -> int:
        if self.failures < 2:
            self.failures += 1
            raise KeyError("defect")
        return await super().catch_up()


async def test_a_defect_of_the_projection_ends_nothing(
    harness: LedgerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "Projector", DefectiveProjector)
    async with harness.coordinator():
        await harness.publish(*interleaved(HISTORIES))
        await harness.drained()
        await harness.holds_exactly(HISTORIES)
        await harness.shows(HISTORIES)


async def test_a_redis_that_hangs_is_no_obstacle(harness: LedgerHarness) -> None:
    """Given a Redis that takes commands and answers none, then events are recorded all the same."""
    events = interleaved(HISTORIES)
    async with harness.coordinator():
        await harness.publish(*events[:20])
        await harness.recorded_at_least(20)
        pid = int((await harness.redis.info("server"))["process_id"])
        stop(pid)
        try:
            await harness.publish(*events[20:])
            await harness.drained()
            await harness.holds_exactly(HISTORIES)
        finally:
            os.kill(pid, signal.SIGCONT)
        await harness.shows(HISTORIES)


async def test_a_killed_database_delays_and_loses_nothing(
    harness: LedgerHarness, servers: Servers
) -> None:
    many = [History(number) for number in range(1, 61)]
    events = interleaved(many)
    async with harness.coordinator(), asyncio.TaskGroup() as tasks:
        tasks.create_task(harness.publish(*events))
        for share in (10, 100):
            await harness.recorded_at_least(share)
            servers.processes["postgres"].kill()
            servers.processes["postgres"].restart()
        # What was approved before the database died is approved again, with its next token.
        await wait_despite_outages(lambda: _are_recorded_again(harness, events))
        await harness.holds_exactly(many, set_aside={QuarantineReason.FENCED})
        await harness.shows(many)


async def _are_recorded_again(harness: LedgerHarness, events: Sequence[AnyEvent]) -> bool:
    """Return whether the ledger has all; publish them again when it does not."""
    await harness.drained()
    if (await harness.reader.position()).last_global_seq >= len(events):
        return True
    await harness.publish(*events)
    return False


async def test_without_a_database_nothing_is_acknowledged_and_a_stop_is_heeded(
    harness: LedgerHarness, servers: Servers
) -> None:
    try:
        async with harness.coordinator():
            await harness.leads()
            await wait_until(harness.consumer, "it reads")
            token = await harness.fencing_token()
            servers.processes["postgres"].kill()
            await harness.publish(*HISTORIES[0].completed(), token=token)

            async def is_taken() -> bool:
                info = await harness.consumer()
                return info is not None and info.num_ack_pending == len(HISTORIES[0].completed())

            await wait_despite_outages(is_taken)
    finally:
        servers.processes["postgres"].restart()
    async with harness.coordinator():
        await harness.recorded_at_least(1)
        await harness.drained()
        await harness.holds_exactly(HISTORIES[:1])


class ForgetfulLedger(Ledger):
    """A ledger that commits every batch, and loses the connection before it can say so."""

    async def append(
        self,
        batch: Sequence[Incoming],
        rejected: Sequence[Rejected] = (),
        reached: StreamPosition | None = None,
    ) -> AppendResult:
        result = await super().append(batch, rejected, reached)
        if result.appended:
            raise LedgerUnavailable("connection lost during commit")
        return result


async def test_a_commit_nobody_confirmed_is_recorded_once_and_shown(
    harness: LedgerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "Ledger", ForgetfulLedger)
    async with harness.coordinator():
        await harness.publish(*interleaved(HISTORIES))
        await harness.drained()
        await harness.holds_exactly(HISTORIES)
        await harness.shows(HISTORIES)


async def test_hints_of_an_earlier_incarnation_are_not_believed(harness: LedgerHarness) -> None:
    history = HISTORIES[0]
    async with harness.coordinator():
        await harness.publish(*history.completed())
        await harness.drained()
        await harness.shows([history])
    await forget_everything(harness.pool)
    async with harness.coordinator():
        await harness.publish(*history.completed())
        await harness.drained()
        await harness.holds_exactly([history])
        await harness.shows([history])


async def forget_everything(pool: Pool) -> None:
    """Leave the database as one restored from before its first commit."""
    async with pool.acquire() as connection, connection.transaction():
        for table in ("events", "event_index"):
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
            await connection.execute(f"DELETE FROM {table}")
        await connection.execute("DELETE FROM correlation_head")
        await connection.execute("UPDATE writer SET incarnation = '2999', last_global_seq = 0")


@pytest.mark.parametrize("count", [1, 2])
async def test_killed_coordinators_lose_and_double_nothing(
    harness: LedgerHarness, count: int
) -> None:
    many = [History(number) for number in range(1, 101)]
    events = interleaved(many)
    async with asyncio.TaskGroup() as tasks:
        publishing = tasks.create_task(harness.publish(*events))
        for share in (1, 200):
            async with harness.processes(count):
                await harness.recorded_at_least(share)
        await publishing
    async with harness.processes(count):
        await harness.recorded_at_least(len(events))
        await harness.drained()
        await harness.holds_exactly(many)
        await harness.shows(many)


@pytest.mark.parametrize("place", [BEFORE_COMMIT, AFTER_COMMIT, MARKED_DONE])
async def test_killed_in_the_middle_of_a_batch(harness: LedgerHarness, place: str) -> None:
    """Given events a coordinator died with, when the next one comes, then each is there once."""
    await harness.publish(*interleaved(HISTORIES))
    async with harness.processes(failpoints=f"{place}=kill") as (coordinator_process,):
        assert await coordinator_process.wait() == -signal.SIGKILL
    async with harness.processes():
        await harness.drained()
        await harness.holds_exactly(HISTORIES)
        await harness.shows(HISTORIES)


async def test_a_damaged_document_is_repaired_while_it_runs(harness: LedgerHarness) -> None:
    histories = [History(number) for number in range(1, 4)]
    async with harness.coordinator():
        await harness.publish(*interleaved(histories))
        await harness.shows(histories)
        for history in histories:
            await harness.redis.set(f"intent:{history.intent_id}", b"{")
        await harness.shows(histories)
