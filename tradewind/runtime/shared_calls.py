"""Makes one call of those that come while the call before is under way."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

MAX_SHARED: Final = 500


class SharedCalls[Argument, Result]:
    """Shares a call that takes many arguments at once, such as a statement and its commit.

    A single caller waits for nobody. Where many call at the same time, all that arrive while a call
    is under way go into the next one. `call_many` returns a result for each argument, in their
    order; an error is that of every argument.
    """

    def __init__(
        self,
        call_many: Callable[[Sequence[Argument]], Awaitable[Sequence[Result]]],
        max_shared: int = MAX_SHARED,
    ) -> None:
        self._call_many = call_many
        self._max_shared = max_shared
        self._waiting: list[tuple[Argument, asyncio.Future[Result]]] = []
        self._calling: asyncio.Task[None] | None = None

    async def call(self, argument: Argument) -> Result:
        """Return the result of one argument; it raises what the shared call raises."""
        result: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((argument, result))
        if self._calling is None:
            # It is nobody's alone: what it logs must not have the ids of whoever came first.
            context = contextvars.Context()
            self._calling = asyncio.create_task(self._call_all(), context=context)
        return await result

    async def _call_all(self) -> None:
        try:
            while self._waiting:
                # Whoever was cancelled meanwhile does not want it any more.
                waiting = [one for one in self._waiting if not one[1].done()]
                shared, self._waiting = waiting[: self._max_shared], waiting[self._max_shared :]
                if shared:
                    await self._call_shared(shared)
        finally:
            self._calling = None

    async def _call_shared(self, shared: Sequence[tuple[Argument, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._call_many([argument for argument, _ in shared])
        except Exception as error:  # it belongs to the callers
            for _, waiter in shared:
                if not waiter.done():
                    waiter.set_exception(error)
        else:
            for (_, waiter), result in zip(shared, results, strict=True):
                if not waiter.done():
                    waiter.set_result(result)
