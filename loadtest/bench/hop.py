"""Measures one hop: from publishing an event to the start of its handler elsewhere."""

import asyncio
import itertools
import json
import subprocess
import sys
import time
from typing import Final

import nats
import uvloop

from loadtest.bench.backlog import declare, publish
from loadtest.bench.events import accepted_histories
from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.percentiles import percentile
from loadtest.bench.references import Reference
from loadtest.bench.run import REPOSITORY, Run
from loadtest.pace import paced
from tradewind.operations.embedded.servers import start_servers

NAME: Final = "hop"
_PER_SECOND = 100
_EVENTS = 1_000
_SEED = 11
_LIMITS = ((50, 1.5), (99, 5))
"""Percentiles, and how many durable publishes each may take."""


def run(run: Run) -> list[Finding]:
    """Return p50 and p99 from publishing an event to the start of its handler."""
    count = run.scaled(_EVENTS)
    with start_servers(run.subdirectory("hop"), names=("nats",)) as servers:
        uvloop.run(declare(servers.nats_url))
        worker = subprocess.Popen(
            [
                *(sys.executable, "-m", "loadtest.bench.hop_worker"),
                *("--nats-url", servers.nats_url, "--count", str(count)),
            ],
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
        )
        assert worker.stdout is not None
        if worker.stdout.readline().strip() != "ready":
            raise BenchmarkFailed("the worker of the hop benchmark did not start")
        run.say(f"{NAME}: {count} events at {_PER_SECOND}/s")
        published_at = uvloop.run(_publish(servers.nats_url, count))
        output, _ = worker.communicate(timeout=60)
    started_at = json.loads(output)
    latencies_ms = [(started_at[event_id] - at) / 1e6 for event_id, at in published_at.items()]
    what = f"publish → handler start at {_PER_SECOND}/s"
    return [
        Finding(
            NAME,
            f"{what}, p{percent}",
            percentile(latencies_ms, percent),
            "ms",
            Budget(limit),
            per=Reference.PUBLISH,
        )
        for percent, limit in _LIMITS
    ]


async def _publish(nats_url: str, count: int) -> dict[str, int]:
    """Publish at a steady rate; return when each event was published, by event id."""
    published_at: dict[str, int] = {}
    client = await nats.connect(nats_url, name="bench-hop-publisher")
    histories = itertools.islice(accepted_histories(_SEED), count)
    accepted = [history[-1] for history in histories]
    async with asyncio.TaskGroup() as publishing:
        async for number, _ in paced(count, _PER_SECOND):
            published_at[accepted[number].event_id] = time.monotonic_ns()
            publishing.create_task(publish(client, accepted[number]))
    await client.close()
    return published_at
