"""The write path on a real database."""

import asyncio
import hashlib
import random
from datetime import UTC, datetime

import asyncpg
import pytest

from tests.support.arrivals import arrive, incoming, respelled
from tests.support.histories import START, History
from tradewind.contracts.envelope import first_event
from tradewind.contracts.execution.payloads import StepFilled
from tradewind.contracts.ids import CorrelationKind
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.payload import Payload
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.system.dead_letters import DeadLetter
from tradewind.contracts.system.payloads import DeadLetterResolved, DeadLetterRetried
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.ledger.append.incarnation import HistoryLost
from tradewind.ledger.append.incoming import Rejected
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.history.group_key import GroupKey
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.records import HistoryDamaged
from tradewind.ledger.upkeep.backlogs import Backlogs
from tradewind.ledger.upkeep.dead_letters import DeadLetters
from tradewind.postgres import Pool

HISTORIES = [History(number).completed(fills=2) for number in range(1, 4)]


async def quarantined(pool: Pool) -> list[tuple[str, bytes]]:
    rows = await pool.fetch("SELECT reason, body FROM quarantine ORDER BY id")
    return [(row["reason"], row["body"]) for row in rows]


async def test_a_history_comes_back_byte_for_byte(ledger: Ledger, reader: LedgerReader) -> None:
    before = datetime.now(UTC)
    for history in HISTORIES:
        await ledger.append(arrive(history))
    for history in HISTORIES:
        recorded = await reader.history(history[0].correlation_id)
        assert [one.event for one in recorded] == history
        assert [one.body for one in recorded] == [event.to_bytes() for event in history]
        assert all(before <= one.recorded_at for one in recorded)


async def test_global_seq_has_no_gap(ledger: Ledger, reader: LedgerReader) -> None:
    events = [event for history in HISTORIES for event in history]
    result = await ledger.append(arrive(events[:7]))
    assert (result.previous_global_seq, result.position.last_global_seq) == (0, 7)
    with pytest.raises(asyncpg.PostgresError):
        await ledger.append([arrive(events[7:])[0]._replace(body_sha256=b"short")])
    await ledger.append(arrive(events[7:]))
    recorded = await reader.events_after(0)
    assert [one.global_seq for one in recorded] == list(range(1, len(events) + 1))
    assert [one.event for one in recorded] == events
    assert await reader.events_after(5, 2) == recorded[5:7]


async def test_duplicates_are_dropped(ledger: Ledger, reader: LedgerReader) -> None:
    history = HISTORIES[0]
    await ledger.append(arrive([*history, *history]))
    again = await ledger.append(arrive(history, first=100))
    assert (again.appended, again.duplicates, again.quarantined) == ((), len(history), ())
    assert len(await reader.history(history[0].correlation_id)) == len(history)


async def test_any_order_gives_one_history(
    ledger: Ledger, reader: LedgerReader, pool: Pool
) -> None:
    messages = arrive([event for history in HISTORIES for event in history])
    random.Random(7).shuffle(messages)
    for start in range(0, len(messages), 4):
        await ledger.append(messages[start : start + 4])
    for history in HISTORIES:
        recorded = await reader.history(history[0].correlation_id)
        assert [one.event for one in recorded] == history
    assert (await Backlogs(pool).parked()).events == 0
    assert (await reader.position()).last_global_seq == len(messages)
    assert await quarantined(pool) == []


async def test_a_gap_parks_until_it_is_filled(ledger: Ledger, pool: Pool) -> None:
    root, missing, *later = arrive(HISTORIES[0])
    result = await ledger.append([root, *later])
    assert (len(result.appended), result.parked) == (1, len(later))
    assert (await Backlogs(pool).parked()).events == len(later)
    assert (await ledger.append(later)).duplicates == len(later)

    filled = await ledger.append([missing])
    assert [one.event for one in filled.appended] == HISTORIES[0][1:]
    assert (await Backlogs(pool).parked()).events == 0


async def test_a_forged_copy_is_quarantined_with_its_bytes(
    ledger: Ledger, reader: LedgerReader, pool: Pool
) -> None:
    history = HISTORIES[0]
    forged = history[1].model_copy(update={"producer": "forger"})
    await ledger.append(arrive(history))
    result = await ledger.append(arrive([forged], first=50))
    await ledger.append(arrive([forged], first=50))
    assert [one.reason for one in result.quarantined] == [QuarantineReason.CONFLICT]
    assert await quarantined(pool) == [("CONFLICT", forged.to_bytes())]
    assert [one.event for one in await reader.history(history[0].correlation_id)] == history


async def test_the_first_decision_stands(ledger: Ledger, reader: LedgerReader, pool: Pool) -> None:
    """Given a recorded rejection, when an approval of the same intent comes, then it is set aside.

    A message that is delivered twice may be decided differently: a price moved in between.
    """
    history = History()
    submitted, rejected = history.events(history.rejected())
    _, *late = history.events(history.approved(), history.accepted(), history.plan_created())
    await ledger.append(arrive([submitted, rejected]))
    for event in late:
        await ledger.append(arrive([event], first=event.sequence))
    assert [one.event for one in await reader.history(history.correlation_id)] == [
        submitted,
        rejected,
    ]
    assert await quarantined(pool) == [("CONFLICT", event.to_bytes()) for event in late]
    assert (await Backlogs(pool).parked()).events == 0


async def test_what_waits_is_judged_by_what_it_follows(
    ledger: Ledger, reader: LedgerReader, pool: Pool
) -> None:
    """Given events of two decisions that wait for one sequence, then one decision is recorded."""
    history = History()
    submitted, *decided = history.events(*history.until_planned())
    _, second, *otherwise = history.events(
        history.accepted(), history.plan_created(), history.started()
    )
    for place, event in enumerate([*otherwise, *decided[1:], submitted], 1):
        await ledger.append(arrive([event], first=place))
    assert (await Backlogs(pool).parked()).events == 5
    await ledger.append(arrive(decided[:1], first=7))
    await ledger.append(arrive([second], first=8))
    assert [one.event for one in await reader.history(history.correlation_id)] == [
        submitted,
        *decided,
    ]
    aside = [("CONFLICT", event.to_bytes()) for event in [*otherwise, second]]
    assert sorted(await quarantined(pool)) == sorted(aside)
    assert (await Backlogs(pool).parked()).events == 0


async def test_another_spelling_is_kept_as_it_came(ledger: Ledger, reader: LedgerReader) -> None:
    event = HISTORIES[0][0]
    body = respelled(event)
    await ledger.append([incoming(event.subject, body)])
    recorded = await reader.history(event.correlation_id)
    assert [(one.event, one.body) for one in recorded] == [(event, body)]


async def test_what_postgres_cannot_store_is_quarantined_alone(
    ledger: Ledger, reader: LedgerReader, pool: Pool
) -> None:
    one, two = History(1), History(2)
    zero_byte = one.events(
        one.approved(), one.cancellation().model_copy(update={"requested_by": "a\0b"})
    )
    result = await ledger.append(arrive([*zero_byte, *two.events()]))
    assert len(result.appended) == 3
    assert await quarantined(pool) == [("INVALID", zero_byte[2].to_bytes())]
    assert len(await reader.history(two.correlation_id)) == 1


async def test_bytes_that_are_no_event_are_kept(ledger: Ledger, pool: Pool) -> None:
    poison = Rejected(QuarantineReason.MALFORMED, "a\0b", b"\xff\0garbage", "intent.\0", 9)
    await ledger.append(arrive(HISTORIES[0]), [poison, poison])
    await ledger.append([], [poison])
    await ledger.append([], [poison._replace(stream_sequence=10)])
    assert await quarantined(pool) == [("MALFORMED", poison.body)] * 2


async def test_two_writers_take_turns(pool: Pool, reader: LedgerReader) -> None:
    messages = arrive([event for history in HISTORIES for event in history])
    halves = [messages[start : start + 3] for start in range(0, len(messages), 3)]
    writers = [Ledger(pool), Ledger(pool)]
    await asyncio.gather(*(writer.append(half) for writer in writers for half in halves))
    recorded = await reader.events_after(0)
    assert [one.global_seq for one in recorded] == list(range(1, len(messages) + 1))
    for history in HISTORIES:
        whole = await reader.history(history[0].correlation_id)
        assert [one.event for one in whole] == history


@pytest.mark.parametrize("table", ["events", "event_index"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET event_id = 'x'", "DELETE FROM {}", "TRUNCATE {}"]
)
async def test_what_is_recorded_cannot_be_changed(
    ledger: Ledger, pool: Pool, table: str, statement: str
) -> None:
    await ledger.append(arrive(HISTORIES[0]))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement.format(table))


async def test_a_damaged_history_is_noticed(
    ledger: Ledger, reader: LedgerReader, pool: Pool
) -> None:
    await ledger.append(arrive(HISTORIES[0]))
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("ALTER TABLE events DISABLE TRIGGER append_only")
        await connection.execute("UPDATE events SET producer = 'forger' WHERE sequence = 2")
    with pytest.raises(HistoryDamaged):
        await reader.history(HISTORIES[0][0].correlation_id)


async def test_plans_fills_and_intents_are_found(ledger: Ledger, reader: LedgerReader) -> None:
    histories = [History(number) for number in range(1, 4)]
    for history in histories:
        await ledger.append(arrive(history.completed(fills=2)))
    ids = [history.intent_id for history in reversed(histories)]
    assert await reader.identifiers(CorrelationKind.INTENT, limit=2) == ids[:2]
    assert await reader.identifiers(CorrelationKind.INTENT, before=ids[1]) == ids[2:]
    assert await reader.correlation_of_plan(histories[1].plan_id) == histories[1].correlation_id
    assert await reader.correlation_of_plan(histories[1].intent_id) is None
    fills = await reader.group(GroupKey.STRATEGY, [StepFilled.topic], "demo")
    assert [one.event.sequence for one in fills] == [8, 9] * 3
    assert await reader.group(
        GroupKey.STRATEGY, [StepFilled.topic], "demo", fills[3].global_seq, 1
    ) == [fills[4]]
    assert await reader.group_keys(GroupKey.STRATEGY, [StepFilled.topic]) == ["demo"]
    assert await reader.history("intent-nobody") == []


@pytest.mark.parametrize(("key", "found"), [("intentId", 1), ("", 2)])
async def test_a_history_is_opened_by_an_event_that_names_it(
    ledger: Ledger, reader: LedgerReader, key: str, found: int
) -> None:
    """Given a submission in the history of another intent, then it opens none that is named."""
    own, strayed = History(1), History(2)
    root = own.events()[0]
    await ledger.append(arrive([root]))
    foreign = first_event(
        root.payload,
        correlation_id=strayed.correlation_id,
        key=root.key,
        producer="test",
        at=START,
    )
    await ledger.append(arrive([foreign]))
    ids = [own.intent_id, strayed.intent_id, History(3).intent_id]
    opened = await reader.opened(CorrelationKind.INTENT, IntentSubmitted.topic, key, ids)
    assert opened == set(ids[:found])


LETTER = DeadLetter(
    queue_group="planner.workers",
    subject="intent.accepted.ethereum-WETH-USDC.demo",
    reason="RETRIES_EXHAUSTED",
    error="TransientError: gone",
    attempts=6,
    raw=b"\x00raw bytes",
    stream_sequence=42,
)


async def test_dead_letters_are_kept_once_with_their_bytes(ledger: Ledger, pool: Pool) -> None:
    await ledger.record_dead_letters([LETTER, LETTER])
    await ledger.record_dead_letters([LETTER])
    other = LETTER._replace(raw=b"of another stream")
    await ledger.record_dead_letters([other])
    [listed] = await DeadLetters(pool).page("open")
    assert listed.letter == LETTER._replace(raw=b"")
    assert listed.size_bytes == len(LETTER.raw)
    recorded = await DeadLetters(pool).one(LETTER.id)
    assert recorded is not None
    assert (recorded.letter, recorded.dead_letter_id) == (LETTER, LETTER.id)
    assert await quarantined(pool) == [("CONFLICT", other.raw)]


@pytest.mark.parametrize("letter_first", [True, False])
@pytest.mark.parametrize(
    ("payload", "state", "note"),
    [
        (DeadLetterRetried(dead_letter_id=LETTER.id), "retried", ""),
        (DeadLetterResolved(dead_letter_id=LETTER.id, note="known"), "resolved", "known"),
    ],
)
async def test_an_operator_closes_a_dead_letter(
    ledger: Ledger,
    pool: Pool,
    payload: Payload,
    state: str,
    note: str,
    letter_first: bool,
) -> None:
    event = first_event(
        payload,
        correlation_id=f"system-{History().intent_id}",
        key=EventKey(),
        producer="operator",
        at=START,
    )
    if letter_first:
        await ledger.record_dead_letters([LETTER])
    await ledger.append(arrive([event]))
    await ledger.record_dead_letters([LETTER])
    recorded = await DeadLetters(pool).one(LETTER.id)
    assert recorded is not None
    assert (recorded.state, recorded.note, recorded.letter) == (state, note, LETTER)
    assert await DeadLetters(pool).page("open") == []


async def test_the_index_keeps_the_hash_of_the_bytes(ledger: Ledger, pool: Pool) -> None:
    await ledger.append(arrive(HISTORIES[0]))
    rows = await pool.fetch("SELECT body_sha256, body FROM event_index ORDER BY global_seq")
    assert [row["body"] for row in rows] == [None] * len(HISTORIES[0])
    assert [row["body_sha256"] for row in rows] == [
        hashlib.sha256(event.to_bytes()).digest() for event in HISTORIES[0]
    ]


async def test_a_writer_misses_its_own_commits_whatever_was_in_them(pool: Pool) -> None:
    """Given a database without the commit that parked an event, then nothing is written to it."""
    ledger, events = Ledger(pool), arrive(History(1).completed())
    await ledger.append(events[:1])
    await ledger.append(events[2:3])
    await pool.execute("DELETE FROM parked")
    await pool.execute("UPDATE writer SET commits = commits - 1")
    with pytest.raises(HistoryLost, match="it was written 2 times"):
        await ledger.append(events[1:2])
    assert (await LedgerReader(pool).position()).last_global_seq == 1
    with pytest.raises(HistoryLost):
        await ledger.record_dead_letters([])
