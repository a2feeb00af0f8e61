"""An intent completes, and HTTP, WebSocket, NATS, PostgreSQL and Redis tell the same story."""

import asyncio
import json
from typing import Any

import httpx2
import redis
from websockets.asyncio.client import ClientConnection, connect

from loadtest.platform import Platform
from tests.acceptance.intent_checker import Checker
from tests.support.requests import LINK, intent

PATIENCE_SECONDS = 60
BEFORE_FILLS = [
    "intent.submitted",
    "risk.screened",
    "risk.approved",
    "intent.accepted",
    "plan.created",
    "exec.started",
    "exec.step_submitted",
]


async def frames_until(
    stream: ClientConnection, intent_id: str, last_topic: str
) -> list[dict[str, Any]]:
    """Return the event frames of an intent up to its last event."""
    frames: list[dict[str, Any]] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not frames or frames[-1]["topic"] != last_topic:
            frame = json.loads(await stream.recv())
            if frame.get("correlationId") == f"intent-{intent_id}" and "type" not in frame:
                frames.append(frame)
    return frames


def stream_url(platform: Platform) -> str:
    return platform.url.replace("http://", "ws://") + "/stream"


async def test_an_intent_completes_and_every_store_tells_the_same_story(
    platform: Platform, client: httpx2.AsyncClient, checker: Checker
) -> None:
    async with connect(stream_url(platform)) as stream:
        await stream.send(json.dumps({"action": "subscribe", "topics": ["*"]}))
        await stream.recv()
        intent_id = await checker.send(client, intent("demo-partial-fills"))
        assert intent_id
        frames = await frames_until(stream, intent_id, "exec.completed")

    topics = [frame["topic"] for frame in frames]
    fills = topics.count("exec.step_filled")
    assert topics == [*BEFORE_FILLS, *["exec.step_filled"] * fills, "exec.completed"]
    assert fills >= 2
    assert await checker.problems(PATIENCE_SECONDS) == []
    (rows,) = (await checker.histories()).values()
    assert [row["event_id"] for row in rows] == [frame["eventId"] for frame in frames]
    assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))


async def test_redis_documents_have_the_documented_shape_and_a_refresh_shows_the_same(
    platform: Platform, client: httpx2.AsyncClient, checker: Checker
) -> None:
    intent_id = await checker.send(client, intent("shape"))
    assert await checker.problems(PATIENCE_SECONDS) == []

    with redis.Redis.from_url(platform.redis_url, protocol=2, decode_responses=True) as cache:
        stored = json.loads(str(cache.get(f"intent:{intent_id}")))
        plan = json.loads(str(cache.get(f"plan:{stored['latest_plan_id']}")))
        positions = json.loads(str(cache.get("positions:shape")))

    assert {"state", "last_event_time", "latest_plan_id", "summary", "version"} <= set(stored)
    assert stored["state"] == "completed"
    assert stored["summary"]["strategy_id"] == "shape"
    assert stored["summary"]["amount"] == "0.5"
    assert {"status", "steps", "progress"} <= set(plan)
    assert plan["status"] == "completed"
    assert plan["progress"]["steps_filled"] == plan["progress"]["steps_total"] == 1
    assert positions["strategy_id"] == "shape"
    for _ in range(2):
        assert (await client.get(f"/intents/{intent_id}")).json() == stored
        assert (await client.get(f"/plans/{stored['latest_plan_id']}")).json() == plan
    listed = (await client.get("/intents", params={"strategy_id": "shape"})).json()
    assert [item["intent_id"] for item in listed["items"]] == [intent_id]
    history = (await client.get(f"/intents/{intent_id}/events")).json()["items"]
    assert [event["sequence"] for event in history] == list(range(1, stored["version"] + 1))


async def test_a_client_that_comes_back_misses_nothing(
    platform: Platform, client: httpx2.AsyncClient, checker: Checker
) -> None:
    async with connect(stream_url(platform)) as stream:
        await stream.send(json.dumps({"action": "subscribe", "topics": ["*"]}))
        await stream.recv()
        intent_id = await checker.send(client, intent("resume"))
        assert intent_id
        seen = await frames_until(stream, intent_id, "plan.created")

    await checker.problems(PATIENCE_SECONDS)
    async with connect(stream_url(platform)) as stream:
        subscription = {
            "action": "subscribe",
            "topics": ["intent.*", "risk.*", "plan.*", "exec.*"],
            "correlationId": f"intent-{intent_id}",
            "resumeFrom": seen[-1]["streamSequence"],
        }
        await stream.send(json.dumps(subscription))
        missed = await frames_until(stream, intent_id, "exec.completed")

    sequences = [frame["sequence"] for frame in [*seen, *missed]]
    assert sequences == list(range(1, len(sequences) + 1))


async def test_what_cannot_be_executed_ends_with_its_reason(
    client: httpx2.AsyncClient, checker: Checker
) -> None:
    expected = {
        await checker.send(client, intent("ends", amount="100")): (
            "risk_rejected",
            "NOTIONAL_LIMIT",
        ),
        await checker.send(client, intent("ends", max_slippage="0.06")): (
            "risk_rejected",
            "SLIPPAGE_LIMIT",
        ),
        await checker.send(client, intent("ends", quote=LINK)): ("plan_rejected", "NO_POOL"),
        await checker.send(client, intent("demo-failing-venue")): ("failed", "VENUE_UNAVAILABLE"),
        await checker.send(client, intent("demo-timeout-venue")): ("completed", None),
    }

    assert await checker.problems(2 * PATIENCE_SECONDS) == []

    for intent_id, (state, reason) in expected.items():
        document = (await client.get(f"/intents/{intent_id}")).json()
        assert (document["state"], document["summary"]["reason"]) == (state, reason)
