"""Cancelling and previewing, through a gateway on real servers and with the roles beside it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from actors.__main__ import serve
from tests.integration.gateway.support import RunningGateway
from tests.settings import Settings
from tests.support.waiting import wait_until
from tests.unit.gateway.support import BODY, body_with
from tradewind.contracts.roles import Role, partitions_needed
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.postgres import Pool, open_pool
from tradewind.runtime import connect, declare_streams

BEFORE_PLANNING = (Role.MARKET, Role.RISK, Role.PORTFOLIO, Role.COORDINATOR)
TABLES = ("ingress", "cancellations", "events", "decided", "allocations")


@asynccontextmanager
async def working(settings: Settings, *roles: Role) -> AsyncIterator[None]:
    async with await connect(settings.nats_url, name="administrator") as administrator:
        await declare_streams(administrator, partitions=partitions_needed())
    stopped = asyncio.Event()
    task = asyncio.create_task(serve(roles, settings, stopped))
    try:
        yield
    finally:
        stopped.set()
        await task


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    """Return a pool of connections to the gateway's database."""
    pool = await open_pool(settings.postgres_dsn.get_secret_value(), max_size=1)
    yield pool
    await pool.close()


async def kept(running: RunningGateway, pool: Pool) -> list[int]:
    """Return how much of everything is stored: rows of each table, and messages."""
    info = await running.connection.jetstream.stream_info(EVENTS_STREAM)
    rows = [await pool.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES]
    return [*rows, info.state.messages]


async def topics(running: RunningGateway, intent_id: str) -> list[str]:
    answer = await running.client.get(f"/intents/{intent_id}/events")
    return [one["topic"] for one in answer.json()["items"]]


async def test_a_request_to_cancel_is_kept_once_and_published(
    running: RunningGateway, pool: Pool
) -> None:
    """Given an intent nobody recorded yet, then many requests are one, known at once."""
    intent_id = (await running.client.post("/intents", json=BODY)).json()["intent_id"]
    path = f"/intents/{intent_id}/cancel"
    answers = await asyncio.gather(*(running.client.post(path) for _ in range(8)))
    assert {one.status_code for one in answers} == {202}
    (asked,) = {json.dumps(one.json()) for one in answers}
    request = json.loads(asked)
    assert (request["intent_id"], request["state"]) == (intent_id, "submitted")
    (row,) = await pool.fetch("SELECT * FROM cancellations")
    assert row["correlation_id"] == f"intent-{intent_id}"
    assert (row["cancellation_id"], row["requested_by"]) == (request["cancellation_id"], "local")
    info = await running.connection.jetstream.stream_info(
        EVENTS_STREAM, subjects_filter="intent.cancel_requested.>"
    )
    assert sum((info.state.subjects or {}).values()) == 1


async def test_an_intent_is_cancelled_and_says_so(
    running: RunningGateway, settings: Settings
) -> None:
    """Given that the planner is away, then the intent is cancelled as soon as it is back."""
    async with working(settings, *BEFORE_PLANNING):
        intent_id = (await running.client.post("/intents", json=BODY)).json()["intent_id"]

        async def is_accepted() -> bool:
            return "intent.accepted" in await topics(running, intent_id)

        await wait_until(is_accepted, "it is accepted")
        answer = await running.client.post(f"/intents/{intent_id}/cancel")
        assert answer.status_code == 202
        async with working(settings, Role.PLANNER):

            async def is_cancelled() -> bool:
                document = (await running.client.get(f"/intents/{intent_id}")).json()
                return bool(document["state"] == "cancelled")

            await wait_until(is_cancelled, "it is cancelled")
    document = (await running.client.get(f"/intents/{intent_id}")).json()
    assert document["summary"]["reason"] == "CANCELLED"
    assert "on request of local" in document["summary"]["detail"]
    assert (await topics(running, intent_id))[-2:] == ["intent.accepted", "intent.cancelled"]
    too_late = await running.client.post(f"/intents/{intent_id}/cancel")
    assert (too_late.status_code, too_late.json()["code"]) == (409, "INTENT_FINAL")
    assert too_late.json()["state"] == "cancelled"


async def test_a_preview_says_what_follows_and_leaves_nothing_behind(
    running: RunningGateway, settings: Settings, pool: Pool
) -> None:
    bodies: list[tuple[dict[str, Any], bool]] = [
        (BODY, True),
        (body_with("intent_type", "dispose"), True),
        (body_with("amount", "100000"), False),
    ]
    async with working(settings, *BEFORE_PLANNING, Role.PLANNER):

        async def is_answered() -> bool:
            return (await running.client.post("/intents:preview", json=BODY)).is_success

        await wait_until(is_answered, "there are prices")
        before = await kept(running, pool)
        for body, would_execute in bodies:
            answer = await running.client.post("/intents:preview", json=body)
            assert answer.status_code == 200, answer.text
            assert answer.json()["would_execute"] is would_execute
            assert (answer.json()["plan"] is not None) is would_execute
        assert await kept(running, pool) == before


async def test_without_the_roles_nobody_can_tell(running: RunningGateway) -> None:
    answer = await running.client.post("/intents:preview", json=BODY)
    assert (answer.status_code, answer.json()["code"]) == (503, "PREVIEW_UNAVAILABLE")
    assert int(answer.headers["retry-after"]) > 0
