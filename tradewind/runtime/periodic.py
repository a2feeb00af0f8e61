"""Runs work every few seconds for as long as a process lives, whatever the work raises."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tradewind.runtime.loops import STALLED_SECONDS, pulse
from tradewind.runtime.outage import Outage

Work = Callable[[], Awaitable[object]]


async def is_set_within(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event for `seconds` at most; return whether it is set."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
    return event.is_set()


async def run_every(
    seconds: float,
    work: Work,
    outage: Outage,
    stopped: asyncio.Event | None = None,
    *,
    fatal: tuple[type[Exception], ...] = (),
) -> None:
    """Run the work, and again `seconds` after it ended, until `stopped` is set or it is cancelled.

    `outage` logs an error and may lengthen the pause; then the work runs again, so that a defect
    in it cannot end the loop. Only errors of the `fatal` types are raised. The loop is known by the
    outage's dependency; work that takes longer than STALLED_SECONDS has to `beat` meanwhile.
    """
    stopped = stopped or asyncio.Event()
    with pulse(outage.dependency, seconds + STALLED_SECONDS) as alive:
        while not stopped.is_set():
            pause = seconds
            try:
                alive.beat()
                await work()
                outage.succeeded()
            except fatal:
                raise
            except Exception as error:
                alive.fail()
                pause = max(seconds, outage.failed(error))
            await is_set_within(stopped, pause)


@asynccontextmanager
async def repeated(
    seconds: float, work: Work, outage: Outage, *, stop_seconds: float = 0.0
) -> AsyncIterator[None]:
    """Run the work repeatedly while a block runs; its last run may take `stop_seconds` more."""
    stopped = asyncio.Event()
    task = asyncio.create_task(run_every(seconds, work, outage, stopped))
    try:
        yield
    finally:
        stopped.set()
        try:
            await asyncio.wait([task], timeout=stop_seconds)
        finally:
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
