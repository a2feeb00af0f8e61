"""Replicas of a role on one queue share its load evenly."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import nats

from loadtest.pace import paced
from loadtest.platform import REPOSITORY, Platform
from tests.acceptance.intent_checker import Checker
from tests.support.requests import intent
from tests.support.waiting import block_until, wait_until

REPLICAS = 3
INTENTS = 120
DRAIN_SECONDS = 60
HANDLED = re.compile(r'tradewind_actor_messages_total\{actor="plan_intent",outcome="ok"\} ([\d.]+)')


def free_ports(count: int) -> int:
    """Return the first of `count` consecutive ports nobody listens on at this moment."""
    for first in range(21_000, 30_000, count):
        sockets = [socket.socket() for _ in range(count)]
        try:
            for offset, candidate in enumerate(sockets):
                candidate.bind(("127.0.0.1", first + offset))
            return first
        except OSError:
            continue
        finally:
            for candidate in sockets:
                candidate.close()
    raise OSError("no free ports")


@contextmanager
def replicas(platform: Platform, count: int) -> Iterator[list[str]]:
    """Run `tradewind worker planner --processes` beside the platform; yield metrics addresses."""
    first_port = free_ports(count)
    environment = os.environ | {
        "TRADEWIND_NATS_URL": platform.nats_url,
        "TRADEWIND_POSTGRES_DSN": platform.postgres_dsn,
        "TRADEWIND_REDIS_URL": platform.redis_url,
        "TRADEWIND_METRICS_PORT": str(first_port),
    }
    command = Path(sys.executable).with_name("tradewind")
    process = subprocess.Popen(
        [command, "worker", "planner", "--processes", str(count)],
        env=environment,
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield [f"http://127.0.0.1:{first_port + offset}/metrics" for offset in range(count)]
    finally:
        process.terminate()
        process.wait(20)


def handled(metrics_url: str) -> int:
    """Return how many plans a process has made; waits for the process to be up."""
    pages: list[str] = []

    def answers() -> bool:
        with suppress(httpx2.TransportError):
            pages.append(httpx2.get(metrics_url).text)
        return bool(pages)

    block_until(answers, f"{metrics_url} answers")
    found = HANDLED.search(pages[0])
    return int(float(found[1])) if found else 0


async def nothing_is_on_its_way(platform: Platform) -> None:
    """Wait until what killed planners held has been delivered to others."""
    async with await nats.connect(platform.nats_url) as broker:

        async def is_quiet() -> bool:
            info = await broker.jetstream().consumer_info("EVENTS", "planner-workers")
            return not info.num_pending and not info.num_ack_pending

        await wait_until(is_quiet, "no planner has anything to do")


async def test_replicas_share_the_load_evenly(
    platform: Platform, client: httpx2.AsyncClient, checker: Checker
) -> None:
    await nothing_is_on_its_way(platform)
    with replicas(platform, REPLICAS) as metrics_urls:
        everyone = [*metrics_urls, *platform.metrics_urls("planner")]
        before = [handled(url) for url in everyone]
        async for number, _ in paced(INTENTS, per_second=60):
            await checker.send(client, intent(f"shared-{number}"))
        problems = await checker.problems(DRAIN_SECONDS)
        shares = [handled(url) - start for url, start in zip(everyone, before, strict=True)]

    assert problems == []
    # delivery is at least once: a message may come again, and the checker says it left no trace
    assert INTENTS <= sum(shares) <= INTENTS + len(shares)
    fair = INTENTS / len(shares)
    assert all(fair / 2 <= share <= fair * 2 for share in shares), shares
