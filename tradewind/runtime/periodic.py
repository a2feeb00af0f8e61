"""Work that is done every few seconds for as long as a process lives, whatever it raises."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tradewind.runtime.outage import Outage

Work = Callable[[], Awaitable[object]]


async def is_set_within(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, but no longer than `seconds`; return whether it is set."""
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
    """Do the work, then again `seconds` after its end, until `stopped` or cancelled.

    An error is logged by the outage, which may make the pause longer, and the work goes on: this
    loop outlives every defect of its work. Only errors of the `fatal` kinds leave it.
    """
    stopped = stopped or asyncio.Event()
    while not stopped.is_set():
        pause = seconds
        try:
            await work()
            outage.succeeded()
        except fatal:
            raise
        except Exception as error:
            pause = max(seconds, outage.failed(error))
        await is_set_within(stopped, pause)


@asynccontextmanager
async def repeated(
    seconds: float, work: Work, outage: Outage, *, stop_seconds: float = 0.0
) -> AsyncIterator[None]:
    """Repeat the work beside the block; at the block's end a pass may take `stop_seconds` more."""
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
