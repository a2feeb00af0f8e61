"""A pool of workers that stopped fills up; intents it cannot get to in time are refused."""

import asyncio

import pytest
from nats.js.api import AckPolicy, ConsumerConfig

from gateway import bootstrap
from gateway.submission import admission
from tests.integration.gateway.support import RunningGateway, running_gateway
from tests.settings import Settings
from tests.support.waiting import wait_until
from tests.unit.gateway.support import BODY, body_with
from tradewind.contracts.roles import PLANNER_WORKERS
from tradewind.contracts.streams import EVENTS_STREAM

WAITING = 40
SHORT = body_with("constraints.time_window", 4)


async def make_durable(running: RunningGateway) -> None:
    """Make the durable of a pool that has run before, and has no worker now."""
    await running.connection.jetstream.add_consumer(
        EVENTS_STREAM,
        ConsumerConfig(
            durable_name=PLANNER_WORKERS.durable,
            ack_policy=AckPolicy.EXPLICIT,
            filter_subjects=["intent.submitted.>"],
        ),
    )


async def work(running: RunningGateway) -> None:
    """Do what a pool of workers does: take one after the other, until there is none."""
    pool = await running.connection.jetstream.pull_subscribe_bind(
        PLANNER_WORKERS.durable, EVENTS_STREAM
    )
    while True:
        try:
            for message in await pool.fetch(5, timeout=1):
                await message.ack()
        except TimeoutError:
            return
        await asyncio.sleep(0.01)


async def test_a_pool_that_stopped_refuses_intents_until_it_has_caught_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "SAMPLE_SECONDS", 0.05)
    monkeypatch.setattr(admission, "EVIDENCE_SECONDS", 0.3)

    async with running_gateway(settings) as running:
        await make_durable(running)

        async def post(body: dict[str, object] = SHORT) -> int:
            return (await running.client.post("/intents", json=body)).status_code

        for _ in range(WAITING):
            await running.client.post("/intents", json=BODY)

        async def is_refused() -> bool:
            return await post() == 503

        await wait_until(is_refused)
        response = await running.client.post("/intents", json=SHORT)
        assert response.json()["code"] == "OVERLOADED"
        assert int(response.headers["retry-after"]) >= 1
        assert await post(body_with("constraints.time_window", 86_400)) == 201
        await work(running)

        async def is_accepted() -> bool:
            return await post() == 201

        await wait_until(is_accepted)
