"""A stream that appends partitions to what it stores: nobody who uses the platform can tell."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import asyncpg
import httpx2
import pytest
from websockets.asyncio.client import connect

from loadtest.platform import Platform
from tests.acceptance.intent_checker import Checker
from tests.acceptance.test_happy_path import PATIENCE_SECONDS, frames_until, stream_url
from tests.support.requests import intent
from tradewind.contracts.ordering import PARTITIONS
from tradewind.runtime import NatsConnection
from tradewind.runtime import connect as connect_to_broker
from tradewind.runtime.streams import stored_partitions

GARBAGE = b"partitioned garbage"
SUBJECT = "plan.created.ethereum-WETH-USDC.demo"
SET_ASIDE = """
SELECT subject FROM quarantine WHERE body = $1
UNION ALL
SELECT subject FROM dead_letters WHERE body = $1
"""


async def subjects_set_aside(platform: Platform) -> list[str]:
    """Return under which subjects the garbage is in quarantine and among the dead letters."""
    database = await asyncpg.connect(platform.postgres_dsn)
    try:
        return [row["subject"] for row in await database.fetch(SET_ASIDE, GARBAGE)]
    finally:
        await database.close()


@pytest.fixture
async def broker(platform: Platform) -> AsyncIterator[NatsConnection]:
    """Return the administrator's connection; the platform's stream has partitions."""
    async with await connect_to_broker(platform.nats_url, name="administrator") as connection:
        assert await stored_partitions(connection) == PARTITIONS
        yield connection


async def test_flows_complete_and_every_store_tells_the_same_story(
    platform: Platform, broker: NatsConnection, client: httpx2.AsyncClient, checker: Checker
) -> None:
    async with connect(stream_url(platform)) as stream:
        await stream.send(json.dumps({"action": "subscribe", "topics": ["*"]}))
        await stream.recv()
        intent_id = await checker.send(client, intent("demo-partial-fills"))
        assert intent_id
        frames = await frames_until(stream, intent_id, "exec.completed")
    assert await checker.problems(PATIENCE_SECONDS) == []
    (rows,) = (await checker.histories()).values()
    assert [row["event_id"] for row in rows] == [frame["eventId"] for frame in frames]
    stored = await checker.stream_messages({f"intent-{intent_id}"})
    assert {len(message.subject.split(".")) for message in stored} == {6}
    async with connect(stream_url(platform)) as again:
        resume = {"action": "subscribe", "topics": ["*"]}
        await again.send(json.dumps(resume | {"resumeFrom": frames[0]["streamSequence"] - 1}))
        assert await frames_until(again, intent_id, "exec.completed") == frames


async def test_what_is_set_aside_keeps_the_subject_it_was_published_on(
    platform: Platform, broker: NatsConnection
) -> None:
    await broker.jetstream.publish(SUBJECT, GARBAGE)
    found: list[str] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(found) < 2 and time.monotonic() < deadline:
        found = await subjects_set_aside(platform)
        await asyncio.sleep(0.1)
    assert found == [SUBJECT] * 2
