"""Trading is halted in full swing, orchestrators are killed, and it goes on when it is resumed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import asyncpg
import httpx2
import pytest

from loadtest.platform import REPOSITORY, Platform
from tests.support.paused import paused
from tests.support.requests import intent
from tests.support.waiting import wait_until

SCOPE: Final = "/risk/states/venue:simulated"
INTENTS: Final = 40
SUBMITTED_BEFORE: Final = 5
WAITING: Final = 5
TRIED_AGAIN_SECONDS: Final = 3
"""What waits is tried again every second, by whichever of the two gets it."""
HALTED: Final = {"state": "halted", "reason": "drill"}
ACTIVE: Final = {"state": "active", "reason": "the drill is over"}
RESTING: Final = ("risk_rejected", "accepted", "planned", "completed")
"""Where an intent is while trading is halted: refused, without a plan or a signature, or done."""


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


@pytest.fixture
async def paper(platform: Platform) -> AsyncIterator[Callable[[], Awaitable[int]]]:
    """Return what counts the transactions on paper, in a statement that begins when it is asked."""
    ledger = await asyncpg.connect(platform.postgres_dsn)

    async def submitted() -> int:
        number: int = await ledger.fetchval("SELECT count(*) FROM paper_transactions")
        return number

    try:
        yield submitted
    finally:
        await ledger.close()


async def test_a_halt_holds_over_kills_and_restarts_until_it_is_lifted(
    platform: Platform, client: httpx2.AsyncClient, paper: Callable[[], Awaitable[int]]
) -> None:
    """Given plans that two orchestrators come to after the answer, then none of them is submitted,
    and what is sent meanwhile is refused."""
    before = await paper()
    with another_orchestrator(platform) as other:
        orchestrators = [other.pid, *platform.role_pids("orchestrator")]
        with paused(*orchestrators):
            planned = await _send(client, WAITING)
            await wait_until(lambda: _have_all(client, planned, "planned"), "plans")
            await _put(client, HALTED)
        try:
            late = await _send(client, WAITING)
            await wait_until(lambda: _have_all(client, late, "risk_rejected"), "refusals")
            killed = platform.role_pids("orchestrator")
            for pid in killed:
                os.kill(pid, signal.SIGKILL)
            await wait_until(
                lambda: set(platform.role_pids("orchestrator")).isdisjoint(killed), "restarts"
            )
            await asyncio.sleep(TRIED_AGAIN_SECONDS)
            assert await _have_all(client, planned, "planned")
            assert await paper() == before
        finally:
            await _put(client, ACTIVE)
        await wait_until(lambda: _have_all(client, planned, "completed"), "the plans")
    assert await _have_all(client, late, "risk_rejected")
    assert await paper() == before + WAITING


async def test_a_halt_in_full_swing_holds_from_its_answer_on(
    platform: Platform, client: httpx2.AsyncClient, paper: Callable[[], Awaitable[int]]
) -> None:
    """Given intents at every stage, then each is refused, waits where it is, or was done."""
    before = await paper()

    async def are_under_way() -> bool:
        return await paper() > before + SUBMITTED_BEFORE

    with another_orchestrator(platform):
        sending = asyncio.create_task(_send(client, INTENTS))
        await wait_until(are_under_way, "submissions")
        await _put(client, HALTED)
        try:
            at_the_answer = await paper()
            sent = await sending
            await wait_until(lambda: _have_all(client, sent, *RESTING), "intents to rest")
            await asyncio.sleep(TRIED_AGAIN_SECONDS)
            assert await paper() == at_the_answer
        finally:
            await _put(client, ACTIVE)
        await wait_until(lambda: _have_all(client, sent, "completed", "risk_rejected"), "the end")
    done = [one for one in sent if await _have_all(client, [one], "completed")]
    assert await paper() == before + len(done)


async def _have_all(client: httpx2.AsyncClient, ids: list[str], *states: str) -> bool:
    answers = [await client.get(f"/intents/{one}") for one in ids]
    return all(one.json().get("state") in states for one in answers)


async def _put(client: httpx2.AsyncClient, body: dict[str, str]) -> None:
    (await client.put(SCOPE, json=body)).raise_for_status()


async def _send(client: httpx2.AsyncClient, count: int) -> list[str]:
    ids = []
    for _ in range(count):
        answer = await client.post("/intents", json=intent())
        answer.raise_for_status()
        ids.append(answer.json()["intent_id"])
    return ids
