"""The coordinator on real servers: what arrives ends in the ledger, once, and is acknowledged."""

import asyncio
import json
import signal
from collections.abc import Sequence

import pytest

from actors import coordinator
from actors.coordinator.pipeline import MARKED_DONE
from tests.integration.ledger.arrivals import arrive
from tests.integration.ledger.coordination import Desk, eventually, interleaved
from tests.unit.readmodels.histories import START, History
from tradewind.contracts.envelope import first_event
from tradewind.contracts.streams import DEAD_LETTERS_STREAM
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.system.dead_letters import DeadLetter
from tradewind.contracts.system.payloads import DeadLetterResolved
from tradewind.ledger.append.incarnation import StreamPosition
from tradewind.ledger.append.incoming import Incoming, Rejected
from tradewind.ledger.append.writer import (
    AFTER_COMMIT,
    BEFORE_COMMIT,
    AppendResult,
    Ledger,
    LedgerUnavailable,
)
from tradewind.operations.embedded.servers import Servers
from tradewind.postgres import Pool

HISTORIES = [History(number) for number in range(1, 9)]


async def test_what_is_published_is_recorded_and_shown(desk: Desk) -> None:
    async with desk.coordinator():
        await desk.publish(*interleaved(HISTORIES))
        await desk.drained()
        await desk.holds_exactly(HISTORIES)
        await desk.shows(HISTORIES)


async def test_copies_and_disorder_leave_no_trace(desk: Desk) -> None:
    events = interleaved(HISTORIES)
    async with desk.coordinator():
        await desk.publish(*reversed(events))
        await desk.publish(*events[::3])
        await desk.drained()
        await desk.publish(*events[1::3])
        await desk.drained()
        await desk.holds_exactly(HISTORIES)
        await desk.shows(HISTORIES)


async def test_a_gap_waits_for_the_missing_event(desk: Desk) -> None:
    history = HISTORIES[0]
    root, missing, *later = history.completed()
    async with desk.coordinator():
        await desk.publish(root, *later)
        await desk.drained()
        assert await desk.parked() == len(later)
        await desk.publish(missing)
        await desk.drained()
        await desk.holds_exactly([history])
        await desk.shows([history])


async def test_poison_is_set_aside_with_its_bytes_and_harms_no_neighbour(desk: Desk) -> None:
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
    async with desk.coordinator():
        await desk.publish(*history.completed()[:4])
        await desk.drained()
        for _, subject, raw in poison:
            await desk.publish_raw(subject, raw)
        await desk.publish(HISTORIES[1].events()[0], zero_byte)
        await desk.publish(*history.completed()[4:])
        await desk.drained()
        set_aside = sorted(await desk.quarantined())
        expected = [(reason, raw) for reason, _, raw in poison]
        assert set_aside == sorted([*expected, ("INVALID", zero_byte.to_bytes())])
        await desk.shows([history])


async def test_dead_letters_and_what_operators_do_with_them(desk: Desk) -> None:
    letter = DeadLetter("planner.workers", "intent.accepted.a.b", "TIME_LIMIT", "", 3, b"\0raw", 5)
    note = DeadLetterResolved(dead_letter_id=letter.id, note="seen")
    resolved = first_event(
        note,
        correlation_id=f"system-{HISTORIES[0].intent_id}",
        key=EventKey(),
        producer="operator",
        at=START,
    )
    async with desk.coordinator():
        await desk.publish_raw(letter.dead_letter_subject, letter.raw, letter.headers())
        await desk.publish_raw(letter.dead_letter_subject, b"no headers")
        await desk.drained(DEAD_LETTERS_STREAM)
        assert [one.letter for one in await desk.reader.dead_letters(state="open")] == [letter]
        assert await desk.quarantined() == [("MALFORMED", b"no headers")]
        await desk.publish(resolved)
        await desk.drained()
        closed = await desk.reader.dead_letters()
        assert [(one.state, one.note) for one in closed] == [("resolved", "seen")]


async def test_flushed_read_models_come_back_by_themselves(desk: Desk) -> None:
    events = interleaved(HISTORIES)
    async with desk.coordinator():
        await desk.publish(*events[: len(events) // 2])
        await desk.recorded_at_least(10)
        await desk.redis.flushall()
        await desk.publish(*events[len(events) // 2 :])
        await desk.drained()
        await desk.holds_exactly(HISTORIES)
        await desk.shows(HISTORIES)
        # idle now: nothing but the regular check can notice
        await desk.redis.flushall()
        await desk.shows(HISTORIES)


async def test_what_a_dead_coordinator_recorded_but_did_not_show_is_shown(desk: Desk) -> None:
    async with desk.coordinator():
        await desk.publish(*HISTORIES[0].completed())
        await desk.shows(HISTORIES[:1])
        epoch = (await desk.reader.position()).epoch
        await Ledger(desk.pool, epoch).append(arrive(HISTORIES[1].completed()))
        await desk.shows(HISTORIES[:2])


async def test_no_redis_is_no_obstacle(desk: Desk, servers: Servers) -> None:
    events = interleaved(HISTORIES)
    async with desk.coordinator():
        await desk.publish(*events[:20])
        await desk.recorded_at_least(20)
        servers.processes["redis"].kill()
        try:
            await desk.publish(*events[20:])
            await desk.recorded_at_least(len(events))
        finally:
            servers.processes["redis"].restart()
        await desk.drained()
        await desk.holds_exactly(HISTORIES)
        await desk.shows(HISTORIES)


async def test_a_killed_database_delays_and_loses_nothing(desk: Desk, servers: Servers) -> None:
    many = [History(number) for number in range(1, 61)]
    events = interleaved(many)
    async with desk.coordinator(), asyncio.TaskGroup() as tasks:
        tasks.create_task(desk.publish(*events))
        for share in (10, 100):
            await desk.recorded_at_least(share)
            servers.processes["postgres"].kill()
            servers.processes["postgres"].restart()
        await desk.recorded_at_least(len(events))
        await desk.drained()
        await desk.holds_exactly(many)
        await desk.shows(many)


async def test_without_a_database_nothing_is_acknowledged_and_a_stop_is_heeded(
    desk: Desk, servers: Servers
) -> None:
    try:
        async with desk.coordinator():
            await desk.leads()
            servers.processes["postgres"].kill()
            await desk.publish(*HISTORIES[0].completed())

            async def is_taken() -> bool:
                info = await desk.consumer()
                return info is not None and info.num_ack_pending == len(HISTORIES[0].completed())

            await eventually(is_taken)
    finally:
        servers.processes["postgres"].restart()
    async with desk.coordinator():
        await desk.recorded_at_least(1)
        await desk.drained()
        await desk.holds_exactly(HISTORIES[:1])


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
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coordinator, "Ledger", ForgetfulLedger)
    async with desk.coordinator():
        await desk.publish(*interleaved(HISTORIES))
        await desk.drained()
        await desk.holds_exactly(HISTORIES)
        await desk.shows(HISTORIES)


async def test_hints_of_an_earlier_incarnation_are_not_believed(desk: Desk) -> None:
    history = HISTORIES[0]
    async with desk.coordinator():
        await desk.publish(*history.completed())
        await desk.drained()
        await desk.shows([history])
    await forget_everything(desk.pool)
    async with desk.coordinator():
        await desk.publish(*history.completed())
        await desk.drained()
        await desk.holds_exactly([history])
        await desk.shows([history])


async def forget_everything(pool: Pool) -> None:
    """Leave the database as one restored from before its first commit."""
    async with pool.acquire() as connection, connection.transaction():
        for table in ("events", "event_index"):
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
            await connection.execute(f"DELETE FROM {table}")
        await connection.execute("DELETE FROM correlation_head")
        await connection.execute("UPDATE writer SET incarnation = '2999', last_global_seq = 0")


@pytest.mark.parametrize("count", [1, 2])
async def test_killed_coordinators_lose_and_double_nothing(desk: Desk, count: int) -> None:
    many = [History(number) for number in range(1, 101)]
    events = interleaved(many)
    async with asyncio.TaskGroup() as tasks:
        publishing = tasks.create_task(desk.publish(*events))
        for share in (1, 200):
            async with desk.processes(count):
                await desk.recorded_at_least(share)
        await publishing
    async with desk.processes(count):
        await desk.recorded_at_least(len(events))
        await desk.drained()
        await desk.holds_exactly(many)
        await desk.shows(many)


@pytest.mark.parametrize("place", [BEFORE_COMMIT, AFTER_COMMIT, MARKED_DONE])
async def test_killed_in_the_middle_of_a_batch(desk: Desk, place: str) -> None:
    """Given events a coordinator died with, when the next one comes, then each is there once."""
    await desk.publish(*interleaved(HISTORIES))
    async with desk.processes(failpoints=f"{place}=kill") as (coordinator_process,):
        assert await coordinator_process.wait() == -signal.SIGKILL
    async with desk.processes():
        await desk.drained()
        await desk.holds_exactly(HISTORIES)
        await desk.shows(HISTORIES)


async def test_a_damaged_document_is_repaired_while_it_runs(desk: Desk) -> None:
    histories = [History(number) for number in range(1, 4)]
    async with desk.coordinator():
        await desk.publish(*interleaved(histories))
        await desk.shows(histories)
        for history in histories:
            await desk.redis.set(f"intent:{history.intent_id}", b"{")
        await desk.shows(histories)
