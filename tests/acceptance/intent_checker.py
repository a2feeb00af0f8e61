"""An outside checker: it keeps its own list of what it sent, and believes nothing else.

It holds PostgreSQL, JetStream and Redis against that list with its own idea of a history; none of
the platform's models, folds or constants is used here.
"""

import asyncio
import json
import re
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

import asyncpg
import httpx2
import nats
import redis
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig

from loadtest.platform import Platform
from tests.support.waiting import wait_until

HISTORY: Final = re.compile(
    r"intent\.submitted "
    r"(risk\.rejected |intent\.expired |intent\.cancelled "
    r"|risk\.screened (risk\.rejected |intent\.expired |intent\.cancelled "
    r"|risk\.approved intent\.accepted "
    r"(plan\.rejected |intent\.expired |intent\.cancelled "
    r"|plan\.created "
    r"(exec\.failed |intent\.expired |intent\.cancelled "
    r"|exec\.started (exec\.step_signed )?exec\.step_submitted (exec\.step_reorged )*"
    r"(exec\.failed |(exec\.step_filled )*intent\.cancelled "
    r"|(exec\.step_filled )+exec\.completed )))))"
)
FINAL_STATES: Final = {
    "exec.completed": "completed",
    "exec.failed": "failed",
    "risk.rejected": "risk_rejected",
    "plan.rejected": "plan_rejected",
    "intent.expired": "expired",
    "intent.cancelled": "cancelled",
}
SET_ASIDE_TABLES: Final = ("parked", "quarantine", "dead_letters")
CACHE_PATIENCE_SECONDS: Final = 30
TAKEN_SECONDS: Final = 120
AGAIN_SECONDS: Final = 0.5
_FETCH = 500
_RELAYED = re.compile(r"relay-\d+-(\w{26})")
_POLL_SECONDS = 0.1
_HISTORIES = """
SELECT correlation_id, sequence, event_id, causation_id, topic, payload, instrument, portfolio
FROM events WHERE correlation_id = ANY($1) OR correlation_id IN (
    SELECT correlation_id FROM events
    WHERE topic = 'intent.submitted' AND payload #>> '{intent,strategy_id}' = ANY($2)
)
ORDER BY correlation_id, sequence
"""


class Cache(Protocol):
    """What is asked of Redis."""

    def get(self, key: str, /) -> Any: ...


class StreamMessage(NamedTuple):
    """A message as any NATS client sees it."""

    subject: str
    message_id: str | None
    fence: str
    """The life of the database a decision was made in; empty for what is none."""
    event: dict[str, Any]

    @property
    def original_id(self) -> str:
        """The id that the role which made the event gives the message."""
        event_id: str = self.event["eventId"]
        return f"{event_id}-{self.fence}" if self.fence else event_id


async def _until_it_answers(client: httpx2.AsyncClient) -> None:
    """Wait for a gateway that was killed a moment ago."""
    await wait_until(lambda: client.get("/health"), despite=(httpx2.TransportError,))


@dataclass
class Checker:
    """Sends intents and, at the end, lists everything that is not as it should be."""

    platform: Platform
    intent_ids: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    """Strategies of requests whose answer never came: each may have happened once, or not."""
    aside_before: dict[str, int] = field(default_factory=dict)

    async def send(self, client: httpx2.AsyncClient, body: dict[str, Any]) -> str | None:
        """Post an intent; None when the answer is lost or says that the outcome is unknown."""
        try:
            response = await client.post("/intents", json=body)
        except httpx2.TransportError:
            self.unanswered.append(body["strategy_id"])
            return None
        if response.status_code == httpx2.codes.SERVICE_UNAVAILABLE:
            self.unanswered.append(body["strategy_id"])
            return None
        return self._taken(response)

    async def send_until_taken(self, client: httpx2.AsyncClient, body: dict[str, Any]) -> str:
        """Post an intent as a client has to: what has no answer or a 503 comes again by its key.

        A platform that has too much to do says so, with the time to wait.
        """
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        async with asyncio.timeout(TAKEN_SECONDS):
            while True:
                try:
                    response = await client.post("/intents", json=body, headers=headers)
                except httpx2.TransportError:
                    await asyncio.sleep(AGAIN_SECONDS)
                    continue
                if response.status_code != httpx2.codes.SERVICE_UNAVAILABLE:
                    return self._taken(response)
                await asyncio.sleep(float(response.headers["Retry-After"]))

    def _taken(self, response: httpx2.Response) -> str:
        assert response.status_code == httpx2.codes.CREATED, response.text
        intent_id: str = response.json()["intent_id"]
        self.intent_ids.append(intent_id)
        return intent_id

    async def remember_set_aside(self) -> None:
        """Note what is parked, quarantined and dead-lettered before this checker sends anything."""
        self.aside_before = await self._set_aside()

    async def problems(self, patience_seconds: float, *, cache_complete: bool = True) -> list[str]:
        """Wait until every history has ended, then return all that is wrong, one line each."""
        histories = await self._ended_histories(patience_seconds)
        found = self._missing(histories)
        for correlation_id, rows in histories.items():
            found += [f"{correlation_id}: {text}" for text in history_problems(rows)]
        found += await self._stream_problems(histories)
        found += await self._cache_problems(histories, cache_complete)
        found += await self._gateway_problems(histories)
        return found + await self._set_aside_problems()

    async def histories(self) -> dict[str, list[dict[str, Any]]]:
        """Return the ledger's rows by correlation, in order."""
        correlations = [f"intent-{intent_id}" for intent_id in self.intent_ids]
        async with self._database() as connection:
            rows = await connection.fetch(_HISTORIES, correlations, self.unanswered)
        histories: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            histories[row["correlation_id"]].append(dict(row))
        return histories

    async def _ended_histories(self, patience_seconds: float) -> dict[str, list[dict[str, Any]]]:
        deadline = time.monotonic() + patience_seconds
        while True:
            histories = await self.histories()
            if self._all_ended(histories) and not await self._set_aside_problems():
                return histories
            if time.monotonic() > deadline:
                return histories
            await asyncio.sleep(_POLL_SECONDS)

    def _all_ended(self, histories: dict[str, list[dict[str, Any]]]) -> bool:
        return {f"intent-{intent_id}" for intent_id in self.intent_ids} <= set(histories) and all(
            rows[-1]["topic"] in FINAL_STATES for rows in histories.values()
        )

    def _missing(self, histories: dict[str, list[dict[str, Any]]]) -> list[str]:
        found = [
            f"intent {intent_id}: answered with 201, not in the ledger"
            for intent_id in self.intent_ids
            if f"intent-{intent_id}" not in histories
        ]
        opening = [json.loads(rows[0]["payload"]) for rows in histories.values()]
        strategies = [payload["intent"]["strategy_id"] for payload in opening]
        return found + [
            f"strategy {strategy}: one request, {strategies.count(strategy)} intents"
            for strategy in self.unanswered
            if strategies.count(strategy) > 1
        ]

    async def _stream_problems(self, histories: dict[str, list[dict[str, Any]]]) -> list[str]:
        messages = await self.stream_messages(set(histories))
        recorded = {row["event_id"]: row for rows in histories.values() for row in rows}
        originals, told = set[str](), set[str]()
        found = []
        for message in messages:
            event = message.event
            row = recorded.get(event["eventId"])
            keys = (event["key"]["instrument"], event["key"]["portfolio"])
            is_relayed = _is_relayed(message)
            if row is None or (message.original_id in originals and not is_relayed):
                found.append(f"{event['eventId']}: on the stream twice, or not in the ledger")
            elif json.loads(row["payload"]) != event["payload"]:
                found.append(f"{event['eventId']}: ledger and stream have different payloads")
            if not is_relayed and message.message_id != message.original_id:
                found.append(f"{event['eventId']}: its message id is {message.message_id}")
            # the stream may append the partitions of the keys
            if message.subject.split(".")[:4] != [*event["topic"].split("."), *keys]:
                found.append(f"{event['eventId']}: published on {message.subject}")
            if not is_relayed:
                originals.add(message.original_id)
            told.add(event["eventId"])
        missing = recorded.keys() - told
        return found + [f"{event_id}: in the ledger, not on the stream" for event_id in missing]

    async def stream_messages(self, correlations: set[str]) -> list[StreamMessage]:
        """Return every message of these correlations, in the order of the stream."""
        async with await nats.connect(self.platform.nats_url) as client:
            subscription = await client.jetstream().pull_subscribe(
                "", stream="EVENTS", config=ConsumerConfig(ack_policy=AckPolicy.NONE)
            )
            messages: list[StreamMessage] = []
            pending = (await subscription.consumer_info()).num_pending or 0
            while pending > 0:
                batch = await subscription.fetch(min(_FETCH, pending), timeout=5)
                pending -= len(batch)
                for message in batch:
                    event = _event_of(message.data)
                    if event and event.get("correlationId") in correlations:
                        messages.append(_stream_message(message, event))
            return messages

    async def _cache_problems(
        self, histories: dict[str, list[dict[str, Any]]], complete: bool
    ) -> list[str]:
        """Compare `intent:{id}` and `plan:{id}` in Redis; after a flush some may be missing."""
        with redis.Redis.from_url(self.platform.redis_url, protocol=2) as cache:
            deadline = time.monotonic() + CACHE_PATIENCE_SECONDS
            while True:
                found = [
                    problem
                    for rows in histories.values()
                    for problem in document_problems(cache, rows, complete)
                ]
                if not found or time.monotonic() > deadline:
                    return found
                await asyncio.sleep(_POLL_SECONDS)

    async def _gateway_problems(self, histories: dict[str, list[dict[str, Any]]]) -> list[str]:
        found = []
        async with httpx2.AsyncClient(base_url=self.platform.url, timeout=10) as client:
            await _until_it_answers(client)
            for correlation_id, rows in histories.items():
                intent_id = correlation_id.removeprefix("intent-")
                response = await client.get(f"/intents/{intent_id}")
                shown = response.json().get("state") if response.is_success else response.text
                if shown != FINAL_STATES.get(rows[-1]["topic"]):
                    found.append(f"{correlation_id}: GET says {shown}, not {rows[-1]['topic']}")
        return found

    async def _set_aside_problems(self) -> list[str]:
        now = await self._set_aside()
        return [
            f"{count - self.aside_before[table]} more rows in {table}"
            for table, count in now.items()
            if self.aside_before and count != self.aside_before[table]
        ]

    async def _set_aside(self) -> dict[str, int]:
        async with self._database() as connection:
            return {
                table: await connection.fetchval(f"SELECT count(*) FROM {table}")
                for table in SET_ASIDE_TABLES
            }

    @asynccontextmanager
    async def _database(self) -> AsyncIterator[asyncpg.Connection]:
        """Connect, waiting for a server that was killed to be back."""
        opened: list[asyncpg.Connection] = []

        async def is_open() -> bool:
            opened.append(await asyncpg.connect(self.platform.postgres_dsn))
            return True

        await wait_until(is_open, despite=(OSError, asyncpg.CannotConnectNowError))
        try:
            yield opened[0]
        finally:
            await opened[0].close()


def _stream_message(message: Msg, event: dict[str, Any]) -> StreamMessage:
    headers = message.headers or {}
    fence = headers.get("Tradewind-Fence", "")
    return StreamMessage(message.subject, headers.get("Nats-Msg-Id"), fence, event)


def _event_of(data: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(data)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def history_problems(rows: list[dict[str, Any]]) -> list[str]:
    """Return what is wrong with one history, read from the ledger in order of sequence."""
    found = []
    sequences = [row["sequence"] for row in rows]
    if sequences != list(range(1, len(rows) + 1)):
        found.append(f"sequence is {sequences}")
    causes = [rows[0]["correlation_id"], *(row["event_id"] for row in rows[:-1])]
    if [row["causation_id"] for row in rows] != causes:
        found.append("an event is not caused by the one before it")
    topics = "".join(f"{row['topic']} " for row in rows)
    if not HISTORY.fullmatch(topics):
        found.append(f"no possible history: {topics}")
    return found


def document_problems(cache: Cache, rows: list[dict[str, Any]], complete: bool) -> list[str]:
    """Return in which way the documents of one history are not what its rows say."""
    last = rows[-1]
    plan_id = next(
        (json.loads(row["payload"])["planId"] for row in rows if row["topic"] == "plan.created"),
        None,
    )
    expected = {
        "state": FINAL_STATES.get(last["topic"]),
        "version": last["sequence"],
        "latest_plan_id": plan_id,
    }
    intent_key = f"intent:{rows[0]['correlation_id'].removeprefix('intent-')}"
    found = _differences(cache, intent_key, expected, complete)
    if plan_id is not None:
        fills = [json.loads(row["payload"]) for row in rows if row["topic"] == "exec.step_filled"]
        progress = {
            "fills": len(fills),
            "amount_in": str(sum(int(fill["amountIn"]) for fill in fills)),
            "amount_out": str(sum(int(fill["amountOut"]) for fill in fills)),
        }
        found += _differences(cache, f"plan:{plan_id}", progress, complete, within="progress")
    return found


def _differences(
    cache: Cache,
    key: str,
    expected: dict[str, Any],
    complete: bool,
    *,
    within: str | None = None,
) -> list[str]:
    text = cache.get(key)
    if text is None:
        return [f"{key}: not in Redis"] if complete else []
    document = json.loads(text)
    shown = document[within] if within else document
    return [
        f"{key}: {name} is {shown.get(name)!r}, not {value!r}"
        for name, value in expected.items()
        if shown.get(name) != value
    ]


def _is_relayed(message: StreamMessage) -> bool:
    """Return whether this is what a late writer has the ingress journal send once more."""
    relayed = _RELAYED.fullmatch(message.message_id or "")
    is_accepted = message.event["topic"] == "intent.submitted"
    return is_accepted and relayed is not None and relayed[1] == message.event["eventId"]
