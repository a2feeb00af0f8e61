"""Lets dramatiq's own command run our actors, which need an event loop."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from dramatiq.middleware import Middleware

STOP_TIMEOUT_SECONDS: Final = 30.0

logger = structlog.get_logger(__name__)


class AsyncEngine(Middleware):
    """Runs `serve(stopped)` in a thread of its own beside dramatiq's threads, which stay idle.

    An error of `serve` ends the process with exit code 1, which dramatiq's command notices.
    """

    def __init__(self, serve: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        self._serve = serve
        self._thread = threading.Thread(target=self._run, name="async-engine", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = asyncio.Event()

    def after_worker_boot(self, broker: Any, worker: Any) -> None:
        """Start the loop once dramatiq's worker is up."""
        self._thread.start()

    def before_worker_shutdown(self, broker: Any, worker: Any) -> None:
        """Wait until `serve` has drained, because dramatiq ends the process afterwards."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(STOP_TIMEOUT_SECONDS)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException:  # otherwise the process would live on without its engine
            logger.critical("the engine failed, ending the process", exc_info=True)
            os._exit(1)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._serve(self._stopped)
