"""Servers that are stopped and not gone: whoever asks the gateway has an answer all the same."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack

import httpx2
import pytest

from gateway import readiness
from tests.integration.gateway.support import RunningGateway, running_gateway
from tests.settings import Settings
from tests.support.paused import paused
from tests.support.store_faults import LEDGER_LOCKED
from tests.support.waiting import wait_until
from tests.unit.gateway.support import BODY, check_problem
from tradewind.operations.embedded.servers import Servers

UNKNOWN_ID = "01J5S3Y4PEJHBJ5A7FYHBXQRFG"
ANSWER_SECONDS = 5.0
PROBE_SECONDS = 2.0
READ = (
    f"/intents/{UNKNOWN_ID}",
    f"/intents/{UNKNOWN_ID}/events",
    "/intents",
    "/intents?strategy_id=nobody",
    f"/plans/{UNKNOWN_ID}",
    "/positions/demo",
)
FOLDED = tuple(path for path in READ if not path.endswith("/events"))
"""They wait for their turn to be folded, and may say that it takes too long."""
ALL = ("postgres", "redis", "nats")
ROUNDS = 3
STOP_SECONDS = 30.0


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every `/ready` ask; otherwise an answer stands for a second."""
    monkeypatch.setattr(readiness, "KEPT_SECONDS", 0.0)


async def get(running: RunningGateway, path: str, seconds: float) -> httpx2.Response:
    """Ask; TimeoutError when there is no answer in time."""
    async with asyncio.timeout(seconds):
        return await running.client.get(path, timeout=60)


async def submit(running: RunningGateway) -> httpx2.Response:
    async with asyncio.timeout(ANSWER_SECONDS):
        return await running.client.post("/intents", json=BODY, timeout=60)


async def is_ready(running: RunningGateway) -> bool:
    return (await running.client.get("/ready")).status_code == 200


@pytest.mark.parametrize("names", [("postgres",), ("redis",), ("nats",), ALL], ids="-".join)
async def test_every_answer_comes_in_time(
    running: RunningGateway, servers: Servers, names: Sequence[str]
) -> None:
    assert (await submit(running)).status_code == 201
    assert await is_ready(running)
    with paused(*(servers.processes[name].pid for name in names)):
        for _ in range(ROUNDS):
            health, ready, submitted, *answers = await asyncio.gather(
                get(running, "/health", PROBE_SECONDS),
                get(running, "/ready", PROBE_SECONDS),
                submit(running),
                *(get(running, path, ANSWER_SECONDS) for path in READ * 2),
            )
            assert health.status_code == 200
            assert ready.status_code == 503
            states = ready.json()["dependencies"]
            assert {name for name in states if states[name]["status"] == "down"} == set(names)
            for path, answer in zip(READ * 2, answers, strict=True):
                if "postgres" in names:
                    code = answer.json()["code"]
                    is_in_turn = code == "REBUILDING" and path in FOLDED
                    check_problem(answer, 503, code if is_in_turn else "READ_UNAVAILABLE")
                    assert answer.headers["retry-after"]
                else:
                    assert answer.status_code in (200, 404), answer.text
            if "postgres" in names:
                assert submitted.status_code == 503
                assert submitted.headers["retry-after"]
    await wait_until(lambda: is_ready(running))

    async def is_accepted() -> bool:
        return (await submit(running)).status_code == 201

    await wait_until(is_accepted, despite=(TimeoutError,))
    await wait_until(lambda: is_answered(running))


async def is_answered(running: RunningGateway) -> bool:
    answers = [await get(running, path, ANSWER_SECONDS) for path in READ]
    return all(answer.status_code in (200, 404) for answer in answers)


async def test_submissions_do_not_wait_for_reads(
    running: RunningGateway, settings: Settings
) -> None:
    """Given more reads than there are connections, which all wait: an intent is accepted."""
    assert (await submit(running)).status_code == 201
    async with LEDGER_LOCKED.on(settings.postgres_dsn.get_secret_value()):
        reading = [
            asyncio.ensure_future(get(running, f"/intents/{UNKNOWN_ID}/events", 60))
            for _ in range(50)
        ]
        await asyncio.sleep(0.1)
        submitted = await submit(running)
        assert submitted.status_code == 201
        assert not all(one.done() for one in reading)
        for answer in await asyncio.gather(*reading):
            check_problem(answer, 503, "READ_UNAVAILABLE")


async def test_a_gateway_stops_although_its_database_is_paused(
    settings: Settings, servers: Servers
) -> None:
    with ExitStack() as stack:
        async with asyncio.timeout(STOP_SECONDS):
            async with running_gateway(settings) as running:
                assert (await submit(running)).status_code == 201
                stack.enter_context(paused(servers.processes["postgres"].pid))
