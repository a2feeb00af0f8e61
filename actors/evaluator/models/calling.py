"""Makes one call of a vendor's SDK, within its deadline, and turns whatever goes wrong into one."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from actors.evaluator.models.failures import failure_of
from actors.evaluator.models.port import ModelAnswer, ModelFailed, ModelRequest


async def call_within_deadline[R](
    request: ModelRequest, call: Awaitable[R], read: Callable[[R], ModelAnswer]
) -> ModelAnswer:
    """Return what `read` makes of the SDK's answer; ModelFailed.

    The SDK's own time-out is for each read, so a server that drips would never end: this one is
    for the whole call. An answer that is not what the SDK's types say fails in `read`.
    """
    ends_at = time.monotonic() + request.deadline_seconds
    try:
        async with asyncio.timeout(request.deadline_seconds):
            return read(await call)
    except ModelFailed as error:
        failure = error
    except Exception as error:
        failure = failure_of(error, ends_at - time.monotonic())
    # Raised out here, so that no traceback leads to the SDK's error: it knows the headers.
    raise failure
