"""Reads the final state of ledger, broker, venue and cache with a plain client of each."""

import asyncio
import hashlib
import json
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import NotFoundError

from tests.chaos.administrator import COMMAND_SECONDS, Row, broker
from tests.chaos.harness import PlatformHarness
from tests.chaos.recovery import caught_up
from tests.support.settlement.chain_record import Mined

EVENTS: Final = "EVENTS"
VENUE: Final = "SELECT tx_hash, record FROM paper_transactions"
ATTEMPTS: Final = """
SELECT s.plan_id, g.tx_hash FROM slots AS s JOIN generations AS g USING (chain_id, address, nonce)
"""
FETCH: Final = 500
FETCH_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.5
DOCUMENTS: Final = ("intent:*", "plan:*", "positions:*")
HISTORIES: Final = """
SELECT correlation_id, sequence, event_id, causation_id, topic, global_seq,
    CASE WHEN correlation_id LIKE 'intent-%'
        THEN (payload - '{plan,steps,step,intent}'::text[])::text END AS payload,
    payload #>> '{intent,amount}' AS amount, payload #>> '{intent,strategy_id}' AS strategy
FROM events ORDER BY correlation_id, sequence
"""
INDEX: Final = "SELECT event_id, global_seq, body_sha256 FROM event_index"
ENDED: Final = """
SELECT count(*) FROM (
    SELECT DISTINCT ON (correlation_id) topic FROM events WHERE correlation_id LIKE 'intent-%'
    ORDER BY correlation_id, sequence DESC
) AS last WHERE topic <> ALL($1)
"""
ACCEPTED: Final = """
SELECT count(*) FROM ingress AS i
WHERE NOT EXISTS (SELECT FROM event_index AS e WHERE e.event_id = i.event_id)
"""
KNOWN: Final = "SELECT count(DISTINCT correlation_id) FROM events WHERE correlation_id = ANY($1)"


class StreamMessage(NamedTuple):
    """A message of the event stream."""

    subject: str
    body_sha256: bytes


class IndexRow(NamedTuple):
    """The row of an event in the ledger's index."""

    global_seq: int
    body_sha256: bytes


@dataclass
class Evidence:
    """Everything that the checker compares with our own list."""

    histories: dict[str, list[Row]] = field(default_factory=dict)
    """Recorded events by correlation, in order of sequence. `payload` is JSON without the domain
    documents, and of intents only; `amount` is the intent's, where there is one."""
    index: dict[str, IndexRow] = field(default_factory=dict)
    """Index rows by event id."""
    last_global_seq: int = 0
    parked: list[Row] = field(default_factory=list)
    quarantine: list[Row] = field(default_factory=list)
    dead_letters: list[Row] = field(default_factory=list)
    documents: dict[str, str] = field(default_factory=dict)
    """Documents in Redis by key."""
    venue: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Records of the simulated venue by transaction hash."""
    stream: list[StreamMessage] = field(default_factory=list)
    steps: list[Row] = field(default_factory=list)
    """Decisions about steps in the wallet's journal."""
    attempts: list[Row] = field(default_factory=list)
    """Every hash that was signed, with the plan it is for."""
    mined: list[Mined] = field(default_factory=list)
    """The wallet's transactions on the chain since the start."""


async def settled(harness: PlatformHarness, ends: tuple[str, ...], patience_seconds: float) -> None:
    """Wait, at most `patience_seconds`, until what was accepted is recorded and has ended.

    A command that the last fault lost is sent again by the relay only after a while.
    """
    deadline = time.monotonic() + patience_seconds
    requests = harness.sent.requests.values()
    ours = [f"intent-{one}" for request in requests for one in request.intent_ids]
    while time.monotonic() < deadline:
        is_known = await harness.database.value(KNOWN, ours) == len(ours)
        is_recorded = is_known and not await harness.database.value(ACCEPTED)
        if is_recorded and not await harness.database.value(ENDED, list(ends)):
            return
        await asyncio.sleep(POLL_SECONDS)


async def collect(harness: PlatformHarness) -> Evidence:
    """Read everything: the stream first, so that the ledger has to have all of it."""
    evidence = Evidence()
    async with broker(harness.servers.nats_url) as client:
        for subject, data in await _read_stream(client, EVENTS):
            evidence.stream.append(StreamMessage(subject, hashlib.sha256(data).digest()))
    # A platform that never catches up is a finding, and the other checks still follow.
    with suppress(TimeoutError):
        await caught_up(harness)
    await _read_ledger(harness, evidence)
    if harness.chain is not None:
        evidence.mined = await harness.chain.record.mined(harness.chain.before.block_number)
    evidence.documents = await read_documents(harness)
    return evidence


async def _read_ledger(harness: PlatformHarness, evidence: Evidence) -> None:
    """Read every table in one snapshot, because pool observations keep coming."""
    (
        writer,
        events,
        index,
        evidence.parked,
        evidence.quarantine,
        evidence.dead_letters,
        venue,
        evidence.steps,
        evidence.attempts,
    ) = await harness.database.at_once(
        "SELECT last_global_seq FROM writer",
        HISTORIES,
        INDEX,
        "SELECT * FROM parked",
        "SELECT * FROM quarantine ORDER BY id",
        "SELECT * FROM dead_letters",
        VENUE,
        "SELECT plan_id, outcome FROM steps",
        ATTEMPTS,
    )
    evidence.venue = {row["tx_hash"]: json.loads(row["record"]) for row in venue}
    evidence.last_global_seq = writer[0]["last_global_seq"]
    histories: dict[str, list[Row]] = defaultdict(list)
    for row in events:
        histories[row["correlation_id"]].append(row)
    evidence.histories = histories
    evidence.index = {
        row["event_id"]: IndexRow(row["global_seq"], row["body_sha256"]) for row in index
    }


async def read_documents(harness: PlatformHarness) -> dict[str, str]:
    """Return every read model in Redis by its key."""
    found: dict[str, str] = {}
    for pattern in DOCUMENTS:
        keys = [key async for key in harness.cache.scan_iter(pattern, count=FETCH)]
        for start in range(0, len(keys), FETCH):
            some = keys[start : start + FETCH]
            for key, text in zip(some, await harness.cache.mget(some), strict=True):
                if text is not None:
                    found[str(key)] = str(text)
    return found


async def _read_stream(client: Client, stream: str) -> list[tuple[str, bytes]]:
    jetstream = client.jetstream(timeout=COMMAND_SECONDS)
    try:
        subscription = await jetstream.pull_subscribe(
            "", stream=stream, config=ConsumerConfig(ack_policy=AckPolicy.NONE)
        )
    except NotFoundError:
        return []
    found: list[tuple[str, bytes]] = []
    pending = (await subscription.consumer_info()).num_pending or 0
    while pending > 0:
        batch = await subscription.fetch(min(FETCH, pending), timeout=FETCH_SECONDS)
        pending -= len(batch)
        found += [(message.subject, message.data) for message in batch]
    return found
