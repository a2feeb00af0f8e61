"""Runs a crowd of WebSocket clients in a process of its own, and says what became of it."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from loadtest.bench.findings import BenchmarkFailed
from loadtest.bench.run import REPOSITORY

EVERYTHING: dict[str, Any] = {"action": "subscribe", "topics": ["*"]}


class Seen(NamedTuple):
    """What a crowd has seen: per client, and for some of them (sequence, Unix ns) of arrivals."""

    events: Sequence[int]
    last: Sequence[int]
    backwards: int
    closed: Sequence[str]
    arrivals: Sequence[tuple[int, int]]

    @property
    def frames(self) -> int:
        """How many events came, over all clients."""
        return sum(self.events)

    def delays_ms(self, stored_at: Mapping[int, float]) -> list[float]:
        """Return how long after it was stored (Unix s) each noted event came."""
        return [(at / 1e9 - stored_at[sequence]) * 1e3 for sequence, at in self.arrivals]


class Crowd:
    """A crowd whose clients are all subscribed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.subscribed = 0
        self.seconds = 0.0
        """How long all of them took to be subscribed."""

    def wait_subscribed(self) -> Self:
        """Wait until every client is subscribed, or has been refused."""
        said = self._hear()
        self.subscribed, self.seconds = said["subscribed"], said["seconds"]
        return self

    def follow(self, correlation_id: str, clients: Sequence[int]) -> None:
        """Have some clients follow one more history from now on."""
        self._say({"follow": correlation_id, "clients": clients})

    def end(self) -> Seen:
        """Stop reading, and return what was seen."""
        self._say({})
        said = self._hear()
        del said["cpu_seconds"]
        return Seen(**said)

    def _say(self, words: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise BenchmarkFailed("the crowd of clients ended")
        words: dict[str, Any] = json.loads(line)
        return words


@contextmanager
def crowd(url: str, subscriptions: Sequence[Mapping[str, Any]]) -> Iterator[Crowd]:
    """Connect a client for each subscription; all leave when the block ends."""
    address = urlsplit(url)
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "loadtest.bench.crowd"),
            *(str(address.hostname), str(address.port)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )
    assert process.stdin is not None
    try:
        process.stdin.writelines(json.dumps(one) + "\n" for one in subscriptions)
        process.stdin.write("\n")
        process.stdin.flush()
        yield Crowd(process).wait_subscribed()
    finally:
        process.kill()
        process.wait()
