"""Runs a gateway beside a broker and nothing else, from this checkout or from an earlier one."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import nats
import orjson
from nats.js.client import JetStreamContext

from loadtest.bench.events import accepted_histories
from loadtest.bench.findings import BenchmarkFailed
from loadtest.bench.run import REPOSITORY
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.streams import EVENTS_STREAM

READY_SECONDS: Final = 60.0
NOWHERE: Final = {
    "TRADEWIND_POSTGRES_DSN": "postgresql://nobody@127.0.0.1:1/nothing",
    "TRADEWIND_REDIS_URL": "redis://127.0.0.1:1/0",
}
_SEED: Final = 7


class LoneGateway(NamedTuple):
    """A gateway process that serves the stream of a broker."""

    url: str
    pid: int


@contextmanager
def checkout(revision: str, directory: Path) -> Iterator[Path]:
    """Yield the product as it was at a revision; BenchmarkFailed where the history ends before."""
    git = ("git", "-C", str(REPOSITORY), "worktree")
    added = subprocess.run(
        [*git, "add", "--quiet", "--detach", str(directory), revision], check=False
    )
    if added.returncode:
        raise BenchmarkFailed(f"this clone does not have {revision}")
    try:
        yield directory
    finally:
        subprocess.run([*git, "remove", "--force", str(directory)], check=True)


@contextmanager
def lone_gateway(
    nats_url: str, directory: Path, product: Path = REPOSITORY
) -> Iterator[LoneGateway]:
    """Run the gateway of a checkout until the block ends."""
    log = directory / "gateway.log"
    environment = {
        **{name: value for name, value in os.environ.items() if "TRADEWIND" not in name},
        **NOWHERE,
        "TRADEWIND_NATS_URL": nats_url,
        "TRADEWIND_GATEWAY_PORT": "0",
        "TRADEWIND_STREAM_CLIENTS_PER_ADDRESS": "0",
    }
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway"], cwd=product, env=environment, stderr=stderr
        )
    try:
        yield LoneGateway(f"http://127.0.0.1:{_port(process, log)}", process.pid)
    finally:
        process.kill()
        process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        for line in log.read_bytes().splitlines():
            if b'"listening"' in line:
                return int(orjson.loads(line)["port"])
        time.sleep(0.05)
    raise BenchmarkFailed(f"the gateway did not listen: {log.read_text()[-500:]}")


class FlowPublisher:
    """Publishes events the way flows do: some follow each other closely, then comes the next."""

    def __init__(self, nats_url: str, *, events_a_flow: int, spacing_seconds: float) -> None:
        self._nats_url = nats_url
        self._events_a_flow = events_a_flow
        self._spacing_seconds = spacing_seconds
        self._events = (event for history in accepted_histories(_SEED) for event in history)

    async def publish(self, flows: int, per_second: float) -> dict[int, float]:
        """Publish flows; return when each of their events was stored, by sequence (Unix s)."""
        async with await nats.connect(self._nats_url, name="bench-flows") as client:
            jetstream = client.jetstream()
            before = (await jetstream.stream_info(EVENTS_STREAM)).state.last_seq
            async with asyncio.TaskGroup() as group:
                for _ in range(flows):
                    events = [next(self._events) for _ in range(self._events_a_flow)]
                    group.create_task(self._publish_flow(jetstream, events))
                    await asyncio.sleep(1 / per_second)
            last = before + flows * self._events_a_flow
            return {one: await _stored_at(jetstream, one) for one in range(before + 1, last + 1)}

    async def _publish_flow(self, jetstream: JetStreamContext, events: list[AnyEvent]) -> None:
        for event in events:
            await jetstream.publish(event.subject, event.to_bytes())
            await asyncio.sleep(self._spacing_seconds)


async def _stored_at(jetstream: JetStreamContext, sequence: int) -> float:
    message = await jetstream.get_msg(EVENTS_STREAM, sequence)
    assert message.time is not None
    return message.time.timestamp()
