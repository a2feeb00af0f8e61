"""A worker process for tests: `NAME [hang|slow|patient]`. Says ready, and names each message."""

import asyncio
import os
import signal
import sys

from tests.integration.runtime.harness import PATIENT, declare
from tests.support.runtime_events import following
from tradewind.contracts.envelope import AnyEvent
from tradewind.runtime import Worker, connect

CONCURRENCY = 4
SLOW_SECONDS = 0.3
SHORT_SECONDS = 0.002


async def main(name: str, mode: str = "") -> None:
    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        print(name, flush=True)
        if mode == "hang":
            await asyncio.Event().wait()
        await asyncio.sleep(SLOW_SECONDS if mode == "slow" else SHORT_SECONDS)
        return following(event)

    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with await connect(os.environ["TRADEWIND_NATS_URL"], name=name) as connection:
        broker = declare(handler, **(PATIENT if mode == "patient" else {}))
        worker = Worker(broker, connection, ports={}, concurrency=CONCURRENCY)
        await worker.start()
        print("ready", flush=True)
        await stopped.wait()
        await worker.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
