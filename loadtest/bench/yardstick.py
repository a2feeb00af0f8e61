"""Measures the references of a run, a little at a time, between the benchmarks."""

import json
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import nats
import uvloop

from loadtest.bench.backlog import declare
from loadtest.bench.events import accepted_histories
from loadtest.bench.meter import Usage
from loadtest.bench.percentiles import median
from loadtest.bench.references import Reference, References
from loadtest.bench.run import Run, run_module
from tradewind.contracts.streams import MESSAGE_ID_HEADER
from tradewind.operations.embedded.servers import start_servers

_SAMPLES: Final = 2
_WARMUP: Final = 500
_MESSAGES: Final = 2_000
_PUBLISHES: Final = 100
_FSYNCS: Final = 40
_PAGE: Final = bytes(4_096)
_LOOPS: Final = 200_000
_LOOP_ROUNDS: Final = 5
_SEED: Final = 31
_PEERS: Final = "loadtest.bench.peers"


class Yardstick:
    """A broker of its own and a file to measure with; a sample takes about two seconds."""

    def __init__(self, nats_url: str, file: Path, references: References) -> None:
        self._nats_url = nats_url
        self._file = file
        self._references = references

    def fill(self) -> None:
        """Store the backlog that every sample of the raw loop reads."""
        run_module(_PEERS, "raw", "fill", *self._options())

    def sample(self) -> None:
        """Measure each reference twice and add that to the samples of the run."""
        for _ in range(_SAMPLES):
            self._sample()

    def _sample(self) -> None:
        printed = run_module(_PEERS, "raw", "consume", *self._options())
        usage = Usage(**json.loads(printed.splitlines()[-1]))
        self._references.add(Reference.MESSAGE, usage.cpu_us_per_message / 1e6)
        self._references.add(Reference.PUBLISH, uvloop.run(_publish_seconds(self._nats_url)))
        self._references.add(Reference.FSYNC, _fsync_seconds(self._file))
        self._references.add(
            Reference.PYTHON, median([loop_seconds() for _ in range(_LOOP_ROUNDS)])
        )

    def _options(self) -> tuple[str, ...]:
        sizes = ("--warmup", str(_WARMUP), "--messages", str(_MESSAGES))
        return ("--nats-url", self._nats_url, *sizes)


@contextmanager
def open_yardstick(run: Run, references: References) -> Iterator[Yardstick]:
    """Start what the references need, and stop it at the end."""
    directory = run.subdirectory("yardstick")
    with start_servers(directory, names=("nats",)) as servers:
        yardstick = Yardstick(servers.nats_url, directory / "fsync", references)
        yardstick.fill()
        yield yardstick


async def _publish_seconds(nats_url: str) -> float:
    """Return the median of some durable publishes, one after the other."""
    await declare(nats_url)
    event = next(accepted_histories(_SEED))[-1]
    seconds = []
    async with await nats.connect(nats_url, name="bench-yardstick") as client:
        stream = client.jetstream()
        for _ in range(_PUBLISHES):
            # With the same id, the broker would discard it as a copy instead of storing it.
            headers = {MESSAGE_ID_HEADER: uuid.uuid4().hex}
            started_at = time.perf_counter()
            await stream.publish(event.subject, event.to_bytes(), headers=headers)
            seconds.append(time.perf_counter() - started_at)
    return median(seconds)


def _fsync_seconds(path: Path) -> float:
    """Return the median of some fsyncs of a file that grows by a page before each."""
    seconds = []
    with path.open("ab", buffering=0) as file:
        for _ in range(_FSYNCS):
            file.write(_PAGE)
            started_at = time.perf_counter()
            os.fsync(file.fileno())
            seconds.append(time.perf_counter() - started_at)
    return median(seconds)


def loop_seconds() -> float:
    """Return the CPU seconds of a fixed piece of pure Python here and now."""
    started_at = time.thread_time()
    total = 0
    for number in range(_LOOPS):
        total += number & 7
    return time.thread_time() - started_at
