"""`GET /ready` says which roles are heard, and how their loops are."""

import asyncio
from collections import Counter
from functools import partial
from typing import Any

import pytest

from actors.__main__ import serve
from gateway import bootstrap, process_watch
from gateway.stream import tail
from tests.integration.gateway.support import RunningGateway, running_gateway
from tests.settings import Settings
from tests.support.waiting import wait_until
from tests.unit.gateway.support import BODY
from tradewind.contracts.roles import Role
from tradewind.failpoints import ACTIONS, InjectedFault
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


async def test_an_exception_nobody_expects_ends_no_loop_of_the_gateway(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table names every loop of the process, so that one nobody thought of fails the test."""
    loops = {
        *("event stream", "client heartbeats", "position of the ledger"),
        *("consumers of intents", "pool snapshots", "strategies"),
    }
    arrivals: Counter[str] = Counter()

    def plant(loop: str) -> None:
        arrivals[loop] += 1
        if arrivals[loop] == 2:
            raise InjectedFault(loop)

    monkeypatch.setattr(tail, "CLIENT_HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(bootstrap, "SAMPLE_SECONDS", 0.1)
    for loop in loops:
        monkeypatch.setitem(ACTIONS, f"loop.{loop}", partial(plant, loop))
    async with running_gateway(settings) as gateway:
        assert (await gateway.client.post("/intents", json=BODY)).status_code == 201
        await wait_until(lambda: all(arrivals[loop] >= 3 for loop in loops))
        shown = {loop["loop"] for loop in (await ready(gateway))["loops"]}
        assert shown == loops
