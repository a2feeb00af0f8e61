"""`GET /ready` says which roles are heard, and how their loops are."""

import asyncio
from typing import Any

import pytest

from actors.__main__ import serve
from gateway import process_watch
from tests.integration.gateway.support import RunningGateway
from tests.settings import Settings
from tests.support.waiting import wait_until
from tradewind.contracts.roles import Role
from tradewind.runtime.loops import pulse


async def ready(gateway: RunningGateway) -> dict[str, Any]:
    document: dict[str, Any] = (await gateway.client.get("/ready")).json()
    return document


async def state_of(gateway: RunningGateway, role: Role) -> dict[str, Any]:
    roles = (await ready(gateway))["roles"]
    return next(one for one in roles if one["role"] == role)


async def test_a_role_is_heard_with_its_loops_until_it_ends(
    running: RunningGateway, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_watch, "MISSING_SECONDS", 0.0)

    async def has_status(status: str) -> bool:
        return bool((await state_of(running, Role.SWEEPER))["status"] == status)

    await wait_until(lambda: has_status("missing"))
    monkeypatch.setattr(process_watch, "MISSING_SECONDS", 60.0)
    stopped = asyncio.Event()
    sweeping = asyncio.create_task(serve((Role.SWEEPER,), settings, stopped))
    await wait_until(lambda: has_status("alive"))
    document = await state_of(running, Role.SWEEPER)
    assert (document["processes"], document["missing_processes"]) == (1, 0)
    assert "sweep" in {loop["loop"] for loop in document["loops"]}
    with pulse("hangs", stalled_seconds=-1.0):
        await wait_until(lambda: has_status("stalled"))
        assert (await ready(running))["degraded"] == [Role.SWEEPER]
    stopped.set()
    await sweeping
    assert (await state_of(running, Role.SWEEPER))["processes"] == 0


async def test_the_gateway_shows_its_own_loops(running: RunningGateway) -> None:
    loops = (await ready(running))["loops"]
    names = {loop["loop"] for loop in loops}
    assert {"event stream", "client heartbeats"} <= names
    assert {loop["status"] for loop in loops} == {"alive"}
