"""Faults of messages: duplicated, reordered, delayed, changed or malformed."""

import asyncio
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Final, NamedTuple

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from tests.chaos.administrator import COMMAND_SECONDS, Row, broker
from tests.chaos.harness import PlatformHarness
from tests.chaos.recovery import ENDS
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent, event_after, first_event, next_events
from tradewind.contracts.execution.payloads import ExecutionStarted
from tradewind.contracts.ids import make_ulid
from tradewind.contracts.intents.payloads import IntentExpired
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.contracts.subjects import EventKey, published_subject
from tradewind.contracts.venues import SIMULATED

EVENTS: Final = "EVENTS"
MESSAGE_ID: Final = "Nats-Msg-Id"
MAX_COPIES: Final = 30
SHORT_WINDOW_SECONDS: Final = 0.2
"""The broker forgets message ids this soon, as if the copies came minutes later."""
HISTORY_EVENTS: Final = 6
TOO_MANY_BYTES: Final = 300_000
QUARANTINED: Final = "SELECT count(*) FROM quarantine WHERE body_sha256 = ANY($1)"
PARKED: Final = "SELECT count(*) FROM parked WHERE correlation_id = $1"
RECORDED: Final = "SELECT count(*) FROM events WHERE correlation_id = $1"
CLAIMED: Final = """
SELECT e.correlation_id, e.instrument, e.portfolio, a.intent_id, a.expires_at
FROM allocations AS a JOIN events AS e ON e.correlation_id = 'intent-' || a.intent_id
WHERE a.status = 'claimed' AND e.topic = 'risk.approved' AND e.sequence = 3
LIMIT 5
"""
RELEASED: Final = """
SELECT a.intent_id, a.status FROM allocations AS a
WHERE a.intent_id = ANY($1) AND a.status <> 'claimed' AND NOT EXISTS (
    SELECT FROM events WHERE correlation_id = 'intent-' || a.intent_id AND topic = ANY($2)
)
"""
KNOWN: Final = "SELECT count(*) FROM event_index WHERE event_id = $1"


class Message(NamedTuple):
    """A message of the stream."""

    subject: str
    data: bytes


@dataclass(frozen=True)
class Duplicates:
    """Old messages come again under other message ids, and the broker drops no copy."""

    name: str = "duplicates beyond the duplicate window"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Publish copies while the duplicate window is as short as possible."""
        async with broker(harness.servers.nats_url) as client:
            jetstream = client.jetstream(timeout=COMMAND_SECONDS)
            copies = await _old_messages(jetstream, chance, MAX_COPIES)
            usual = (await jetstream.stream_info(EVENTS)).config
            await jetstream.update_stream(usual, duplicate_window=SHORT_WINDOW_SECONDS)
            try:
                for copy in copies:
                    await _publish(jetstream, copy, chance)
                await asyncio.sleep(SHORT_WINDOW_SECONDS * 5)
            finally:
                await jetstream.update_stream(usual)
        return []


@dataclass(frozen=True)
class Conflicts:
    """A recorded event comes again with the same id and other bytes."""

    name: str = "conflicting copies"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Change the time of recorded events; every changed copy has to be set aside."""
        async with broker(harness.servers.nats_url) as client:
            jetstream = client.jetstream(timeout=COMMAND_SECONDS)
            for old in await _old_messages(jetstream, chance, MAX_COPIES // 10):
                event = _event_in(old.data)
                if event is None or not await harness.database.value(KNOWN, event["eventId"]):
                    continue
                event["timestamp"] = "2001-01-01T00:00:00.000000Z"
                body = json.dumps(event, separators=(",", ":")).encode()
                harness.sent.injected.add_poison(body)
                await _publish(jetstream, Message(old.subject, body), chance)
            await _all_set_aside(harness)
        return []


@dataclass(frozen=True)
class LateEnds:
    """Ends that the ledger does not take come by hand, for intents whose claims are open.

    They tell of an intent that expired where it was approved, as a process would that was slow.
    """

    name: str = "late ends of open intents"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Publish them; each has to be set aside, and no claim may end by one."""
        found: list[Row] = []

        async def are_claimed() -> bool:
            found[:] = await harness.database.fetch(CLAIMED)
            return bool(found)

        await wait_until(are_claimed, "a claim is open")
        async with broker(harness.servers.nats_url) as client:
            for row in found:
                event = _expired(row)
                harness.sent.injected.add_poison(event.to_bytes())
                message = Message(event.subject, event.to_bytes())
                await _publish(client.jetstream(timeout=COMMAND_SECONDS), message, chance)
            await _all_set_aside(harness)
        names = [row["intent_id"] for row in found]
        released = await harness.database.fetch(RELEASED, names, list(ENDS))
        return [f"{row['intent_id']} is {row['status']} by a late end" for row in released]


def _expired(row: Row) -> AnyEvent:
    """Return the event that an intent expired, in the place of its approval."""
    return event_after(
        IntentExpired(intent_id=row["intent_id"], expires_at=row["expires_at"]),
        correlation_id=row["correlation_id"],
        last_sequence=2,
        last_topic=RiskScreened.topic,
        key=EventKey(instrument=row["instrument"], portfolio=row["portfolio"]),
        producer="drill",
        at=datetime.now(UTC),
    )


@dataclass(frozen=True)
class Poison:
    """Bytes that are no event, on subjects that carry events."""

    name: str = "poison bytes"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Publish every kind; each has to be set aside."""
        async with broker(harness.servers.nats_url) as client:
            jetstream = client.jetstream(timeout=COMMAND_SECONDS)
            for topic in ("intent.submitted", "plan.created", "exec.completed", "system.unheard"):
                body = harness.sent.injected.add_poison(_poison(chance))
                subject = f"{topic}.poison.{chance.randint(0, 9)}"
                await _publish(jetstream, Message(subject, body), chance)
            await _all_set_aside(harness)
        return []


@dataclass(frozen=True)
class Reordering:
    """Successors come before their predecessors."""

    name: str = "reordering"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Publish a made-up history shuffled."""
        events = _made_up(harness, chance)
        chance.shuffle(events)
        async with broker(harness.servers.nats_url) as client:
            for event in events:
                await _publish_event(client.jetstream(timeout=COMMAND_SECONDS), event)
            await _all_recorded(harness, events)
        return []


@dataclass(frozen=True)
class FilledGap:
    """An event is missing, and comes when everything after it is there already."""

    name: str = "gap, filled later"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Keep one event of a made-up history back until its successors are parked."""
        events = _made_up(harness, chance)
        missing = events.pop(chance.randrange(len(events) - 1))
        waiting = [event for event in events if event.sequence > missing.sequence]

        async def are_parked() -> bool:
            parked = await harness.database.value(PARKED, missing.correlation_id)
            return bool(parked == len(waiting))

        async with broker(harness.servers.nats_url) as client:
            for event in events:
                await _publish_event(client.jetstream(timeout=COMMAND_SECONDS), event)
            await wait_until(are_parked, f"{len(waiting)} successors are parked")
            await _publish_event(client.jetstream(timeout=COMMAND_SECONDS), missing)
            await _all_recorded(harness, [missing, *events])
        return []


async def _old_messages(jetstream: JetStreamContext, chance: Random, count: int) -> list[Message]:
    state = (await jetstream.stream_info(EVENTS)).state
    found = []
    for _ in range(count):
        sequence = chance.randint(state.first_seq, max(state.first_seq, state.last_seq))
        try:
            raw = await jetstream.get_msg(EVENTS, sequence)
        except NotFoundError:
            continue
        if raw.subject is not None:
            found.append(Message(published_subject(raw.subject), raw.data or b""))
    return found


async def _publish(jetstream: JetStreamContext, message: Message, chance: Random) -> None:
    headers = {MESSAGE_ID: f"again-{chance.getrandbits(64):x}-{time.time_ns()}"}
    await jetstream.publish(message.subject, message.data, headers=headers)


async def _publish_event(jetstream: JetStreamContext, event: AnyEvent) -> None:
    headers = {MESSAGE_ID: event.event_id}
    await jetstream.publish(event.subject, event.to_bytes(), headers=headers)


def _event_in(data: bytes) -> dict[str, object] | None:
    try:
        document = json.loads(data)
    except ValueError:
        return None
    return document if isinstance(document, dict) and "eventId" in document else None


def _poison(chance: Random) -> bytes:
    """Return bytes that are no event, of a random kind and never the same twice."""
    mark = f"{chance.getrandbits(64):016x}"
    kinds = (
        mark.encode(),
        b"\xff\x00" + mark.encode(),
        b'{"topic":"intent.submitted","mark":"' + mark.encode(),
        json.dumps({"topic": "no.such", "version": 1, "mark": mark}).encode(),
        json.dumps({"topic": "intent.submitted", "version": 99, "mark": mark}).encode(),
        json.dumps({"topic": "exec.completed", "version": 1, "payload": {mark: "\0"}}).encode(),
        json.dumps([mark]).encode(),
        mark.encode() + bytes(TOO_MANY_BYTES),
    )
    return chance.choice(kinds)


def _made_up(harness: PlatformHarness, chance: Random) -> list[AnyEvent]:
    """Return a history that no role acts on, in order, and note it."""
    identifier = make_ulid(time.time_ns() // 1_000_000, os.urandom(10))
    # Nobody consumes it, and it ends no history.
    payload = ExecutionStarted(
        intent_id=identifier, plan_id=identifier, venue=SIMULATED, steps_total=1
    )
    at = datetime.now(UTC)
    first = first_event(
        payload,
        correlation_id=f"portfolio-{identifier}",
        key=EventKey(instrument="drill", portfolio="made-up"),
        producer="drill",
        at=at,
    )
    count = chance.randint(2, HISTORY_EVENTS)
    harness.sent.injected.histories[first.correlation_id] = count + 1
    return [first, *next_events(first, [payload] * count, producer="drill", at=at)]


async def _all_set_aside(harness: PlatformHarness) -> None:
    wanted = harness.sent.injected.poison

    async def are_set_aside() -> bool:
        return bool(await harness.database.value(QUARANTINED, list(wanted)) >= len(wanted))

    await wait_until(are_set_aside, "what was injected is set aside")


async def _all_recorded(harness: PlatformHarness, events: Sequence[AnyEvent]) -> None:
    async def are_recorded() -> bool:
        found = await harness.database.value(RECORDED, events[0].correlation_id)
        return bool(found == len(events))

    await wait_until(are_recorded, "a made-up history is recorded")
