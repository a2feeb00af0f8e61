"""Attacks a gateway over raw sockets, and watches meanwhile that it answers everybody else.

Attackers run in threads: they only send bytes that are ready, so that they cost this process
little, and the gateway as much as they can.
"""

import asyncio
import re
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from tests.support.waiting import wait_until

HEALTH: Final = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
HEALTH_SECONDS: Final = 5.0
"""What a machine that does much else may need; an idle one needs milliseconds."""
HEALTH_PAUSE_SECONDS: Final = 0.02
ANSWER_SECONDS: Final = 30.0
FLOOD_SECONDS: Final = 1.0
MAX_GROWTH_BYTES: Final = 64 * 1024 * 1024
READ_BYTES: Final = 65_536
SPARE_DESCRIPTORS: Final = 4
"""Connections to the stores, which a pool may have opened meanwhile."""


@dataclass(frozen=True)
class Answer:
    """One answer on a raw connection."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header that must not be there twice; None when it is absent."""
        values = [value for known, value in self.headers if known == name.lower()]
        assert len(values) <= 1, (name, values)
        return values[0] if values else None

    @property
    def closes(self) -> bool:
        return ("connection", "close") in self.headers


@dataclass(frozen=True)
class AttackedGateway:
    """A gateway process, seen from outside."""

    host: str
    port: int
    pid: int
    log: Path

    def rss_bytes(self) -> int:
        return int(psutil.Process(self.pid).memory_info().rss)

    def descriptors(self) -> int:
        return int(psutil.Process(self.pid).num_fds())

    def connect(self, timeout_seconds: float = ANSWER_SECONDS) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout_seconds)

    def ask(self, request: bytes, *more: bytes) -> list[Answer]:
        """Send a request in pieces, each a segment of its own; return what came until the end.

        The gateway has to end the connection, or to answer as often as the caller wants: a
        request that is meant to be the last says `Connection: close`.
        """
        with self.connect() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for number, piece in enumerate((request, *more)):
                if number:
                    time.sleep(0.02)
                with suppress(BrokenPipeError, ConnectionResetError):
                    connection.sendall(piece)
            return list(answers(read_to_end(connection)))


def read_to_end(connection: socket.socket) -> bytes:
    """Return all that comes until the other side ends; TimeoutError when it does not."""
    read = bytearray()
    with suppress(ConnectionResetError):
        while piece := connection.recv(READ_BYTES):
            read += piece
    return bytes(read)


def answers(read: bytes) -> Iterator[Answer]:
    """Return the answers of a connection, in order; what follows a 101 is its body."""
    while read:
        head, _, read = read.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        assert re.fullmatch(r"HTTP/1\.1 \d{3} .*", first), first
        headers = [(name.lower(), value.strip()) for name, _, value in _split(lines)]
        status = int(first.split()[1])
        if status == 100:
            continue
        length = int(dict(headers).get("content-length", len(read) if status == 101 else 0))
        assert length <= len(read), "the answer breaks off"
        yield Answer(status, headers, read[:length])
        read = read[length:]


def _split(lines: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    return (line.partition(":") for line in lines)


@dataclass(frozen=True)
class Flood:
    """What attackers send: `opening` once for each connection, then `repeated` for ever."""

    opening: bytes
    repeated: bytes = b""
    connections: int = 1
    reads: bool = False
    """Whether attackers read what they are answered; one that does not fills the socket."""


@dataclass
class Watch:
    """What others saw of the gateway meanwhile."""

    seconds: list[float] = field(default_factory=list)

    def p99(self) -> float:
        ordered = sorted(self.seconds)
        return ordered[len(ordered) * 99 // 100]


async def withstand(
    gateway: AttackedGateway, flood: Flood, *, seconds: float = FLOOD_SECONDS
) -> Watch:
    """Flood the gateway; it has to answer others, to stay as big as it was, and to recover."""
    before, descriptors = gateway.rss_bytes(), gateway.descriptors()
    async with watched(gateway) as watch:
        with attacking(gateway, flood):
            await asyncio.sleep(seconds)
    grown = gateway.rss_bytes() - before
    print(
        f"\n{len(watch.seconds)} answers, p99 {watch.p99() * 1_000:.0f} ms,"
        f" max {max(watch.seconds) * 1_000:.0f} ms, RSS {grown / 1024**2:+.0f} MiB"
    )
    assert grown < MAX_GROWTH_BYTES
    await _until_recovered(gateway, descriptors)
    return watch


@asynccontextmanager
async def watched(
    gateway: AttackedGateway, seconds: float = HEALTH_SECONDS
) -> AsyncIterator[Watch]:
    """Ask `/health` over and over, on a connection of its own each time; none may fail."""
    watch, stop = Watch(), asyncio.Event()
    asking = asyncio.ensure_future(_ask_until(stop, gateway, watch, seconds))
    try:
        yield watch
    finally:
        stop.set()
        await asking
    assert watch.seconds


async def _ask_until(
    stop: asyncio.Event, gateway: AttackedGateway, watch: Watch, seconds: float
) -> None:
    while not stop.is_set():
        began = time.perf_counter()
        async with asyncio.timeout(seconds):
            assert await _health(gateway) == 200
        watch.seconds.append(time.perf_counter() - began)
        await asyncio.sleep(HEALTH_PAUSE_SECONDS)


async def _health(gateway: AttackedGateway) -> int:
    reader, writer = await asyncio.open_connection(gateway.host, gateway.port)
    try:
        writer.write(HEALTH)
        [answer] = answers(await reader.read())
        return answer.status
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _until_recovered(gateway: AttackedGateway, descriptors: int) -> None:
    """Wait until what the attackers held is free again."""
    await wait_until(
        lambda: gateway.descriptors() <= descriptors + SPARE_DESCRIPTORS, seconds=ANSWER_SECONDS
    )


@contextmanager
def attacking(gateway: AttackedGateway, flood: Flood) -> Iterator[None]:
    """Attack until the block ends; whoever is thrown out comes back."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=_attack, args=(gateway, flood, stop), daemon=True)
        for _ in range(flood.connections)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(ANSWER_SECONDS)


def _attack(gateway: AttackedGateway, flood: Flood, stop: threading.Event) -> None:
    while not stop.is_set():
        with suppress(OSError), gateway.connect(0.5) as connection:
            connection.sendall(flood.opening)
            _go_on(connection, flood, stop)


def _go_on(connection: socket.socket, flood: Flood, stop: threading.Event) -> None:
    while not stop.is_set():
        if flood.repeated:
            connection.sendall(flood.repeated)
        if not flood.repeated or flood.reads:
            with suppress(TimeoutError):
                if not connection.recv(READ_BYTES):
                    return
