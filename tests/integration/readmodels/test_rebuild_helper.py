"""A second process goes over half of the intents, and tells what it found."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import psutil
import pytest

from tests.integration.readmodels.harness import ReadModelHarness
from tests.support.histories import History
from tradewind.contracts.ids import CorrelationKind
from tradewind.errors import TransientError
from tradewind.ledger.history.histories import whole
from tradewind.ledger.records import HistoryDamaged
from tradewind.operations.cli.rebuild_helper import Addresses, helping
from tradewind.readmodels.rebuild.comparison import Comparison
from tradewind.readmodels.rebuild.rebuild import Helper, Rebuild
from tradewind.readmodels.rebuild.rebuild_store import Interrupted

HISTORIES = [History(number, strategy_id=f"alpha-{number % 2}") for number in range(1, 12)]


@pytest.fixture
async def filled(harness: ReadModelHarness) -> ReadModelHarness:
    for history in HISTORIES:
        await harness.write(history.completed())
    return harness


@pytest.fixture
def helper(database_dsn: str, redis_url: str) -> Helper:
    """Return a helper in a process of its own."""
    return helping(Addresses(database_dsn, redis_url))


async def test_two_halves_are_the_whole(filled: ReadModelHarness, helper: Helper) -> None:
    before = await filled.snapshot()
    alone = await Rebuild(filled.recorded, filled.redis).verify()
    shared = await Rebuild(filled.recorded, filled.redis, helper).verify()
    assert (shared.events, shared.documents) == (alone.events, alone.documents)
    assert shared.events == sum(len(history.completed()) for history in HISTORIES)
    await filled.redis.flushall()
    rebuilt = await Rebuild(filled.recorded, filled.redis, helper).repair()
    assert rebuilt.different.count == rebuilt.documents
    assert await filled.snapshot() == before


async def test_every_history_is_in_one_half(filled: ReadModelHarness) -> None:
    halves = await filled.recorded.halves(whole(CorrelationKind.INTENT))
    found = [
        [history.correlation_id async for page in half for history in page]
        for half in map(filled.recorded.pages, halves)
    ]
    assert found[0] + found[1] == [history.correlation_id for history in HISTORIES]
    assert all(found)


async def test_nothing_has_two_empty_halves(harness: ReadModelHarness, helper: Helper) -> None:
    found = await Rebuild(harness.recorded, harness.redis, helper).repair()
    assert (found.events, found.documents) == (0, 0)


async def test_damage_in_the_other_half_is_found(filled: ReadModelHarness, helper: Helper) -> None:
    async with filled.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(
            "UPDATE events SET producer = 'another' "
            "WHERE global_seq = (SELECT max(global_seq) FROM events)"
        )
    with pytest.raises(HistoryDamaged):
        await Rebuild(filled.recorded, filled.redis, helper).repair()


async def test_a_helper_without_the_token_stops(filled: ReadModelHarness, helper: Helper) -> None:
    incarnation = (await filled.recorded.position()).incarnation
    with pytest.raises(Interrupted):
        await helper(incarnation, "another's", [whole(CorrelationKind.INTENT)])


def end_cancelled(task: "asyncio.Future[Comparison]", pid: int) -> None:
    task.cancel()


def end_killed(task: "asyncio.Future[Comparison]", pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("end", "error"), [(end_cancelled, asyncio.CancelledError), (end_killed, TransientError)]
)
async def test_a_helper_never_stays_behind(
    filled: ReadModelHarness,
    helper: Helper,
    end: Callable[["asyncio.Future[Comparison]", int], None],
    error: type[BaseException],
) -> None:
    incarnation = (await filled.recorded.position()).incarnation
    before = {one.pid for one in psutil.Process().children(recursive=True)}
    task = asyncio.ensure_future(helper(incarnation, None, [whole(CorrelationKind.INTENT)]))
    await asyncio.sleep(0.01)
    (child,) = (
        one
        for one in psutil.Process().children(recursive=True)
        if one.pid not in before and "spawn_main" in " ".join(one.cmdline())
    )
    end(task, child.pid)
    with pytest.raises(error):
        await task
    assert not psutil.pid_exists(child.pid)


async def test_the_command_forks_a_helper_that_does_its_half(
    filled: ReadModelHarness, database_dsn: str, redis_url: str
) -> None:
    before = await filled.snapshot()
    await filled.redis.flushall()
    code = (
        "from tradewind.operations.cli import main, rebuild\n"
        "rebuild.MIN_EVENTS_TO_SHARE, rebuild.os.cpu_count = 1, lambda: 2\n"
        "main()"
    )
    addresses = {
        "TRADEWIND_NATS_URL": "nats://127.0.0.1:1",
        "TRADEWIND_POSTGRES_DSN": database_dsn,
        "TRADEWIND_REDIS_URL": redis_url,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error::DeprecationWarning", "-c", code, "rebuild", "--json"),
        env=os.environ | addresses,
        stdout=subprocess.PIPE,
    )
    answer, _ = await process.communicate()
    assert process.returncode == 0
    found = json.loads(answer)
    assert found["events"] == sum(len(history.completed()) for history in HISTORIES)
    assert found["different"] == found["documents"] > 0
    assert await filled.snapshot() == before
