"""Trading is halted in full swing, orchestrators are killed, and it goes on when it is resumed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import asyncpg
import httpx2

from loadtest.platform import REPOSITORY, Platform
from tests.support.requests import intent
from tests.support.waiting import wait_until

SCOPE: Final = "/risk/states/venue:simulated"
INTENTS: Final = 40
SUBMITTED_BEFORE: Final = 5
WAITING: Final = 5


@contextmanager
def another_orchestrator(platform: Platform) -> Iterator[subprocess.Popen[bytes]]:
    """Run an orchestrator beside that of the platform."""
    environment = os.environ | {
        "TRADEWIND_NATS_URL": platform.nats_url,
        "TRADEWIND_POSTGRES_DSN": platform.postgres_dsn,
        "PLATFORM_MOCK_CHAIN": "true",
    }
    command = Path(sys.executable).with_name("tradewind")
    process = subprocess.Popen(
        [command, "worker", "orchestrator"],
        env=environment,
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


async def test_a_halt_holds_over_kills_and_restarts_until_it_is_lifted(
    platform: Platform, client: httpx2.AsyncClient
) -> None:
    """Given two orchestrators and intents at every stage, then after the answer nothing is
    submitted: what was committed before the answer is counted by a statement that begins after."""
    ledger = await asyncpg.connect(platform.postgres_dsn)

    async def submitted() -> int:
        number: int = await ledger.fetchval("SELECT count(*) FROM paper_transactions")
        return number

    async def is_more_than(number: int) -> bool:
        return await submitted() > number

    async def have_all(ids: list[str], *states: str) -> bool:
        answers = [await client.get(f"/intents/{one}") for one in ids]
        return all(one.json().get("state") in states for one in answers)

    before = await submitted()
    with another_orchestrator(platform):
        try:
            sending = asyncio.create_task(_send(client, INTENTS))
            await wait_until(lambda: is_more_than(before + SUBMITTED_BEFORE), "submissions")
            await _put(client, {"state": "halted", "reason": "drill"})
            at_the_answer = await submitted()
            ids = await sending
            late = await _send(client, WAITING)
            await wait_until(lambda: have_all(late, "planned"), "plans to wait")
            killed = platform.role_pids("orchestrator")
            for pid in killed:
                os.kill(pid, signal.SIGKILL)
            await wait_until(
                lambda: set(platform.role_pids("orchestrator")).isdisjoint(killed), "restarts"
            )
            await wait_until(lambda: have_all(ids, "planned", "completed"), "plans to wait")
            # Each is tried again every second, by whichever of the two gets it.
            await asyncio.sleep(3)
            assert await have_all(late, "planned")
            assert await submitted() == at_the_answer
        finally:
            await _put(client, {"state": "active", "reason": "the drill is over"})
        await wait_until(lambda: have_all(ids + late, "completed"), "the intents to complete")
    assert await submitted() == before + INTENTS + WAITING
    await ledger.close()


async def _put(client: httpx2.AsyncClient, body: dict[str, str]) -> None:
    (await client.put(SCOPE, json=body)).raise_for_status()


async def _send(client: httpx2.AsyncClient, count: int) -> list[str]:
    ids = []
    for _ in range(count):
        answer = await client.post("/intents", json=intent())
        answer.raise_for_status()
        ids.append(answer.json()["intent_id"])
    return ids
