"""Starts the processes that serve streams, and starts them again when they end."""

import asyncio
import contextlib
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

import structlog

from gateway.processes.handover import open_channel
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated

CHECK_SECONDS: Final = 0.5
READY_SECONDS: Final = 30.0
STOP_MARGIN_SECONDS: Final = 2.0
"""How much longer than its own time to stop a process gets before it is killed."""

logger = structlog.get_logger(__name__)


class _Running:
    def __init__(self, process: Process, channel: socket.socket) -> None:
        self.process = process
        self.channel = channel
        self.is_ready = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(channel.fileno(), self._hear)

    def _hear(self) -> None:
        """Note that the process is ready; it says nothing else, and its end is noticed later."""
        self._loop.remove_reader(self.channel.fileno())
        with contextlib.suppress(OSError):
            if self.channel.recv(1):
                self.is_ready.set()

    def leave(self) -> None:
        """Let the process know that no connection will come any more."""
        self._loop.remove_reader(self.channel.fileno())
        self.channel.close()


class StreamProcesses:
    """The processes that serve streams. They end with this one, for then their channels end."""

    def __init__(self, count: int) -> None:
        self._slots: list[_Running | None] = [None] * count
        self._turn = 0

    def in_turn(self) -> Iterable[socket.socket]:
        """Return the channels of all processes, each time beginning with another one."""
        self._turn = (self._turn + 1) % len(self._slots)
        ordered = self._slots[self._turn :] + self._slots[: self._turn]
        running = [one for one in ordered if one is not None]
        ready = [one.channel for one in running if one.is_ready.is_set()]
        return ready or [one.channel for one in running]

    async def wait_ready(self) -> None:
        """Wait for all processes, but not for ever: what comes early waits in their channels."""
        running = [one for one in self._slots if one is not None]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_SECONDS):
                await asyncio.gather(*(one.is_ready.wait() for one in running))

    async def start_missing(self) -> None:
        """Start every process that does not run."""
        for number, running in enumerate(self._slots):
            if running is not None and running.process.returncode is None:
                continue
            if running is not None:
                code = running.process.returncode
                logger.error("stream process ended", process=number + 1, code=code)
                running.leave()
                self._slots[number] = None
            self._slots[number] = await _start(number + 1)

    async def stop(self, seconds: float) -> None:
        """Have all of them stop: each closes its clients, which then come back elsewhere."""
        running = [one for one in self._slots if one is not None]
        self._slots = [None] * len(self._slots)
        for one in running:
            one.leave()
        try:
            async with asyncio.timeout(seconds + STOP_MARGIN_SECONDS):
                await asyncio.gather(*(one.process.wait() for one in running))
        except TimeoutError:
            logger.error("stream processes killed", reason="they did not stop in time")
            for one in running:
                with contextlib.suppress(ProcessLookupError):
                    one.process.kill()


async def _start(index: int) -> _Running:
    ours, theirs = open_channel()
    with theirs:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway"),
            *("--process-index", str(index), "--channel", str(theirs.fileno())),
            pass_fds=(theirs.fileno(),),
        )
    return _Running(process, ours)


@asynccontextmanager
async def stream_processes(count: int, stop_seconds: float) -> AsyncIterator[StreamProcesses]:
    """Yield as many processes, which are kept running while a block runs."""
    processes = StreamProcesses(count)
    outage = Outage("stream processes")
    try:
        await processes.start_missing()
        async with repeated(CHECK_SECONDS, processes.start_missing, outage):
            yield processes
    finally:
        await processes.stop(stop_seconds)
