"""The module that tests pass to the `dramatiq` command."""

import asyncio
import os

from tests.integration.runtime.harness import answer, declare
from tradewind.runtime import AsyncEngine, Worker, connect


async def _serve(stopped: asyncio.Event) -> None:
    async with await connect(os.environ["TRADEWIND_NATS_URL"], name="stock") as connection:
        worker = Worker(broker, connection, ports={})
        await worker.start()
        await stopped.wait()
        await worker.stop()


broker = declare(answer)
broker.add_middleware(AsyncEngine(_serve))
