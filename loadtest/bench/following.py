"""Measures what very many clients that follow flows do to those who submit."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import httpx2
import uvloop

from loadtest.bench.crowds import EVERYTHING, Crowd, crowd
from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.open_loop import Journey, intent_body
from loadtest.bench.percentiles import percentile
from loadtest.bench.processes import process_cpu_seconds
from loadtest.bench.run import Run
from loadtest.pace import paced
from loadtest.platform import CROWDED, Platform, PlatformFailed, running_platform
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.roles import Role

NAME: Final = "following"
CLIENTS: Final = 1_000
ON_EVERYTHING: Final = 100
FOLLOWERS_OF_EACH: Final = 30
PROCESSES: Final = "2"
_COUNT: Final = 200
_PER_SECOND: Final = 10
_FLUSH_SECONDS: Final = 2.0
_REQUEST_SECONDS: Final = 30.0
_DOUBLED: Final = Budget(2)
_NONE: Final = Budget(0)
_IDLE: Final = {"action": "subscribe", "topics": ["*"], "correlationId": "portfolio-nobody"}
"""What a client subscribes to that has nothing to follow yet."""


def run(run: Run) -> list[Finding]:
    """Return how long submissions took without clients and beside them, and who was cut off."""
    environment = {**CROWDED, "TRADEWIND_GATEWAY_PROCESSES": PROCESSES}
    try:
        with running_platform(run.subdirectory(NAME) / "data", environment) as platform:
            count = run.scaled(_COUNT)
            uvloop.run(_post_all(platform, count // 4, None))
            run.say(f"{NAME}: {count} intents without clients")
            alone = uvloop.run(_post_all(platform, count, None))
            run.say(f"{NAME}: {count} intents beside {CLIENTS:,} clients")
            subscriptions = [EVERYTHING] * ON_EVERYTHING + [_IDLE] * (CLIENTS - ON_EVERYTHING)
            with crowd(platform.url, subscriptions) as clients:
                before, began = _gateway_cpu(platform), time.monotonic()
                beside = uvloop.run(_post_all(platform, count, clients))
                time.sleep(_FLUSH_SECONDS)
                cpu = (_gateway_cpu(platform) - before) / (time.monotonic() - began)
                seen = clients.end()
    except PlatformFailed as error:
        raise BenchmarkFailed(str(error)) from None
    p99_alone, p99_beside = (percentile(_latencies_ms(one), 99) for one in (alone, beside))
    what = f"POST at {_PER_SECOND}/s, p99"
    crowded = f"{CLIENTS:,} clients, {ON_EVERYTHING} on *"
    note = f"{seen.frames:,} frames; gateway {cpu:.0%} of a core in {PROCESSES} processes"
    return [
        Finding(NAME, f"{what}, without clients", p99_alone, "ms"),
        Finding(NAME, f"{what}, {crowded}", p99_beside, "ms", note=note),
        Finding(NAME, f"{what}, {crowded}: times", p99_beside / p99_alone, "", _DOUBLED),
        Finding(NAME, f"{crowded}: cut off", float(len(seen.closed)), "", _NONE),
    ]


async def _post_all(platform: Platform, count: int, clients: Crowd | None) -> Sequence[Journey]:
    journeys: list[Journey] = []
    async with (
        httpx2.AsyncClient(base_url=platform.url, timeout=_REQUEST_SECONDS) as client,
        asyncio.TaskGroup() as group,
    ):
        async for number, due_ns in paced(count, _PER_SECOND):
            journey = Journey(due_ns)
            journeys.append(journey)
            group.create_task(_post(client, journey, number, clients))
    return journeys


async def _post(
    client: httpx2.AsyncClient, journey: Journey, number: int, clients: Crowd | None
) -> None:
    """Submit an intent, and have the next few clients follow it."""
    response = await client.post("/intents", json=intent_body(number, "following"))
    journey.answered_ns = time.monotonic_ns()
    journey.status = response.status_code
    if response.status_code != httpx2.codes.CREATED or clients is None:
        return
    first = number * FOLLOWERS_OF_EACH
    followers = [
        ON_EVERYTHING + (first + one) % (CLIENTS - ON_EVERYTHING)
        for one in range(FOLLOWERS_OF_EACH)
    ]
    intent_id = response.json()["intent_id"]
    clients.follow(make_correlation_id(CorrelationKind.INTENT, intent_id), followers)


def _latencies_ms(journeys: Sequence[Journey]) -> list[float]:
    answered = [one for one in journeys if one.answered_ns is not None and one.status == 201]
    if len(answered) < len(journeys):
        raise BenchmarkFailed(f"{len(journeys) - len(answered)} intents were not accepted")
    return [((one.answered_ns or 0) - one.due_ns) / 1e6 for one in answered]


def _gateway_cpu(platform: Platform) -> float:
    return process_cpu_seconds(platform.pids()[Role.GATEWAY])
