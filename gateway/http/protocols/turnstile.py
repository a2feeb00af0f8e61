"""Lets many who come at once in one after the other, so that they do not stop everybody else."""

import asyncio
from collections import deque


class Turnstile:
    """Lets one through in each iteration of the event loop.

    A thousand clients that connect again in the same moment cost seconds of CPU. In slices, each
    request of somebody else waits for one of them and not for all.
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_turning = False

    async def wait(self) -> None:
        """Return when it is the caller's turn."""
        loop = asyncio.get_running_loop()
        if not self._is_turning:
            self._is_turning = True
            loop.call_soon(self._turn, loop)
            return
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                loop.call_soon(self._turn, loop)
                return
        self._is_turning = False
