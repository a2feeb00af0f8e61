"""Measures what a durable publish takes of one broker, and of three that replicate it."""

import itertools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import nats
import uvloop
from nats.aio.client import Client

from loadtest.bench.backlog import publish, publish_all
from loadtest.bench.events import accepted_histories
from loadtest.bench.percentiles import median
from loadtest.bench.processes import process_cpu_seconds
from loadtest.scale.points import Publishing
from tests.cluster.brokers import BROKERS, address_of, brokers_in, running_brokers
from tradewind.contracts.envelope import AnyEvent
from tradewind.operations.access.credentials import load_credentials
from tradewind.operations.access.identities import Identity
from tradewind.operations.embedded.servers import start_servers
from tradewind.runtime.connection import connect
from tradewind.runtime.streams import declare_streams

_ALONE: Final = 200
_ROUNDS: Final = 8
_TOGETHER: Final = 1_024
"""Messages of a round; 256 of them are in flight."""
_SEED: Final = 31
_MAX_BYTES: Final = 256 * 1024**2


def on_one_broker(directory: Path) -> Publishing:
    """Start a broker and publish to it."""
    with start_servers(directory, names=("nats",)) as servers:
        pid = servers.processes["nats"].pid
        return uvloop.run(_publishing(servers.nats_url, [pid], replicas=1))


def on_three_brokers(directory: Path) -> Publishing:
    """Start three brokers and publish to streams with three replicas."""
    credentials = load_credentials(directory)
    with running_brokers(brokers_in(directory, credentials)) as brokers:
        for process in brokers.values():
            process.wait_ready()
        url = address_of(brokers, Identity.ADMINISTRATOR, credentials)
        pids = [process.pid for process in brokers.values()]
        return uvloop.run(_publishing(url, pids, replicas=len(BROKERS)))


async def _publishing(nats_url: str, pids: Sequence[int], *, replicas: int) -> Publishing:
    async with await connect(nats_url, name="scale-declare") as connection:
        await declare_streams(
            connection, replicas=replicas, events_max_bytes=_MAX_BYTES, partitions=0
        )
    events = itertools.chain.from_iterable(accepted_histories(_SEED))
    async with await nats.connect(nats_url.split(","), name="scale") as client:
        await publish_all(client, itertools.islice(events, _TOGETHER))
        alone = [await _seconds(client, next(events)) for _ in range(_ALONE)]
        before, together = _cpu_seconds(pids), []
        for _ in range(_ROUNDS):
            batch: list[AnyEvent] = list(itertools.islice(events, _TOGETHER))
            started_at = time.perf_counter()
            await publish_all(client, batch)
            together.append((time.perf_counter() - started_at) / _TOGETHER)
        cpu = _cpu_seconds(pids) - before
    return Publishing(median(alone) * 1e3, min(together) * 1e3, cpu / (_ROUNDS * _TOGETHER) * 1e6)


async def _seconds(client: Client, event: AnyEvent) -> float:
    started_at = time.perf_counter()
    await publish(client, event)
    return time.perf_counter() - started_at


def _cpu_seconds(pids: Sequence[int]) -> float:
    return sum(process_cpu_seconds(pid) for pid in pids)
