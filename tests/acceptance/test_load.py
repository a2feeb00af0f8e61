"""Load at a steady rate, undisturbed and with everything killed once."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import pytest
import redis

from loadtest.pace import paced
from loadtest.platform import Platform
from tests.acceptance.intent_checker import Checker
from tests.support.requests import intent, intent_mix
from tests.support.waiting import wait_until

DRAIN_SECONDS = 60
LOAD_SECONDS = 240
KILL_EVERY_SECONDS = 0.8


async def load(
    checker: Checker, client: httpx2.AsyncClient, name: str, count: int, per_second: float
) -> None:
    """Post intents open-loop; every request has a strategy of its own."""
    async with asyncio.TaskGroup() as posts:
        async for number, _ in paced(count, per_second):
            posts.create_task(checker.send(client, intent_mix(number, f"{name}-{number}")))


def is_ready_again(client: httpx2.AsyncClient) -> Callable[[], Awaitable[bool]]:
    """Return what asks the gateway whether it can take intents."""

    async def is_ready() -> bool:
        return (await client.get("/ready")).is_success

    return is_ready


async def test_every_intent_at_fifty_a_second_ends_with_nothing_lost_doubled_or_set_aside(
    client: httpx2.AsyncClient, checker: Checker
) -> None:
    async with asyncio.TaskGroup() as posts:
        async for number, _ in paced(200, 50):
            body = intent_mix(number, f"steady-{number}")
            posts.create_task(checker.send_until_taken(client, body))

    assert len(set(checker.intent_ids)) == 200
    assert await checker.problems(DRAIN_SECONDS) == []


async def test_kill_9_of_every_process_mid_load_loses_and_doubles_nothing(
    platform: Platform, checker: Checker
) -> None:
    roles = ("risk", "planner", "orchestrator", "coordinator", "market", "gateway")

    async def kill_each() -> None:
        for role in roles:
            await asyncio.sleep(KILL_EVERY_SECONDS)
            for pid in platform.role_pids(role):
                os.kill(pid, signal.SIGKILL)

    count = int(40 * KILL_EVERY_SECONDS * (len(roles) + 1))
    async with (
        httpx2.AsyncClient(base_url=platform.url, timeout=15) as client,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(kill_each())
        async for number, _ in paced(count, 40):
            body = intent_mix(number, f"killed-{number}")
            tasks.create_task(checker.send_until_taken(client, body))

    assert len(set(checker.intent_ids)) == count
    assert await checker.problems(2 * DRAIN_SECONDS) == []


async def test_redis_flushed_mid_load_loses_and_doubles_nothing(
    platform: Platform, client: httpx2.AsyncClient, checker: Checker
) -> None:
    async def flush_twice() -> None:
        with redis.Redis.from_url(platform.redis_url, protocol=2) as cache:
            for _ in range(2):
                await asyncio.sleep(0.7)
                cache.flushall()

    await asyncio.gather(flush_twice(), load(checker, client, "flushed", 80, per_second=40))

    assert await checker.problems(DRAIN_SECONDS, cache_complete=False) == []


@pytest.mark.parametrize("server", ["redis", "nats", "postgres"])
async def test_kill_9_of_a_server_mid_load_loses_and_doubles_nothing(
    platform: Platform, checker: Checker, server: str
) -> None:
    async def kill() -> None:
        await asyncio.sleep(0.7)
        os.kill(platform.server_pid(server), signal.SIGKILL)

    async with httpx2.AsyncClient(base_url=platform.url, timeout=15) as client:
        await asyncio.gather(kill(), load(checker, client, f"no-{server}", 60, per_second=40))
        await wait_until(is_ready_again(client), f"the platform is ready without the old {server}")
        after = await checker.send(client, intent(f"after-{server}"))

    assert after is not None
    assert await checker.problems(2 * DRAIN_SECONDS, cache_complete=server != "redis") == []


async def test_the_load_test_itself_runs_and_finds_nothing_wrong(
    platform: Platform, tmp_path: Path
) -> None:
    report = tmp_path / "report.html"
    arguments = ["--profile", "smoke", "--url", platform.url, "--report", str(report)]
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "loadtest.load", *arguments, stdout=PIPE, stderr=STDOUT
    )
    async with asyncio.timeout(LOAD_SECONDS):
        output, _ = await running.communicate()
    assert running.returncode == 0, output.decode()
    assert "nothing failed, nothing is left on its way" in output.decode()
    assert "/intents" in report.read_text()
