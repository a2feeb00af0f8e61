"""Paces an open loop: work starts when it is due, however long earlier work takes."""

import asyncio
import time
from collections.abc import AsyncIterator


async def paced(count: int, per_second: float) -> AsyncIterator[tuple[int, int]]:
    """Yield (number, due time in monotonic nanoseconds), each not before it is due.

    A late caller does not shift later due times, so latency measured from them includes the
    lateness.
    """
    start = time.monotonic_ns()
    for number in range(count):
        due = start + int(number * 1e9 / per_second)
        await asyncio.sleep((due - time.monotonic_ns()) / 1e9)
        yield number, due
