"""Submitting and reading while PostgreSQL is read-only, locked, refusing, full, slow or silent."""

import asyncio
from typing import Any

import pytest
from httpx2 import Response

from tests.integration.gateway.support import RunningGateway
from tests.settings import Settings
from tests.support.store_faults import (
    INGRESS_LOCKED,
    LEDGER_LOCKED,
    STORE_FAULTS,
    StoreFault,
    frozen,
)
from tests.support.waiting import wait_until
from tests.unit.gateway.support import BODY, body_with, check_problem
from tradewind.postgres import open_pool

FROZEN = StoreFault("frozen", "TIMEOUT", frozen)
AT_ONCE = 10


async def submit(running: RunningGateway, body: dict[str, Any] = BODY) -> Response:
    return await running.client.post("/intents", json=body, timeout=60)


async def kept(settings: Settings) -> list[str]:
    """Return the correlations of what is kept."""
    pool = await open_pool(settings.postgres_dsn.get_secret_value(), max_size=1)
    rows = await pool.fetch("SELECT correlation_id FROM ingress")
    await pool.close()
    return [row[0] for row in rows]


async def check_recovery(running: RunningGateway) -> None:
    """Wait until the gateway has recovered without help."""

    async def is_accepted() -> bool:
        return (await submit(running)).status_code == 201

    async def is_ready() -> bool:
        return (await running.client.get("/ready")).status_code == 200

    await wait_until(is_accepted)
    await wait_until(is_ready)


@pytest.mark.parametrize("fault", STORE_FAULTS, ids=str)
async def test_what_cannot_be_kept_is_refused_and_proven(
    fault: StoreFault, running: RunningGateway, settings: Settings
) -> None:
    dsn = settings.postgres_dsn.get_secret_value()
    assert (await submit(running)).status_code == 201
    before = await kept(settings)
    async with fault.on(dsn):
        response = await submit(running)
        check_problem(response, 503, "STORE_UNAVAILABLE")
        assert response.headers["retry-after"]
        ready = await running.client.get("/ready")
        assert ready.status_code == 503
        postgres = ready.json()["dependencies"]["postgres"]
        assert (postgres["status"], postgres["error"]) == ("down", fault.reason)
    assert await kept(settings) == before
    await check_recovery(running)


async def test_a_database_that_is_silent_leaves_the_outcome_unknown(
    running: RunningGateway, settings: Settings
) -> None:
    """Given sessions that stand still, what one of them was told may happen when it goes on."""
    assert (await submit(running)).status_code == 201
    async with FROZEN.on(settings.postgres_dsn.get_secret_value()):
        document = check_problem(await submit(running), 503, "OUTCOME_UNKNOWN")
    assert document["intent_id"]
    await check_recovery(running)


async def test_waiting_to_write_does_not_keep_others_from_reading(
    running: RunningGateway, settings: Settings
) -> None:
    intent_id = (await submit(running)).json()["intent_id"]
    async with INGRESS_LOCKED.on(settings.postgres_dsn.get_secret_value()):
        waiting = [asyncio.ensure_future(submit(running)) for _ in range(AT_ONCE)]
        await asyncio.sleep(0.2)
        reading = await running.client.get(f"/intents/{intent_id}/events")
        assert not any(one.done() for one in waiting)
        assert reading.status_code == 200
        for response in await asyncio.gather(*waiting):
            check_problem(response, 503, "STORE_UNAVAILABLE")
    assert await kept(settings) == [f"intent-{intent_id}"]


async def test_a_ledger_that_is_locked_is_no_answer_in_time(
    running: RunningGateway, settings: Settings
) -> None:
    intent_id = (await submit(running)).json()["intent_id"]
    async with LEDGER_LOCKED.on(settings.postgres_dsn.get_secret_value()):
        path = f"/intents/{intent_id}/events"
        reading = [running.client.get(path, timeout=60) for _ in range(AT_ONCE)]
        for response in await asyncio.gather(*reading):
            check_problem(response, 503, "READ_UNAVAILABLE")
        ready = await running.client.get("/ready")
        assert ready.json()["dependencies"]["postgres"]["error"] == "LOCKED"
    await check_recovery(running)


async def test_an_intent_that_expired_before_it_could_be_kept_is_refused(
    running: RunningGateway, settings: Settings
) -> None:
    """Given a lock that ends within the deadline, but after the intent: it was never submitted."""
    assert (await submit(running)).status_code == 201
    before = await kept(settings)
    short = body_with("constraints.time_window", 1)
    async with INGRESS_LOCKED.on(settings.postgres_dsn.get_secret_value()):
        submitting = asyncio.ensure_future(submit(running, short))
        await asyncio.sleep(1.2)
    check_problem(await submitting, 503, "STORE_UNAVAILABLE")
    assert await kept(settings) == before
    assert await running.last_sequence() == 1
