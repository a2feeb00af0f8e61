"""An ordered worker process for tests: `NAME [hang]`. Says ready, and each message it starts on.

Its handlers take random times; with `hang` they never return.
"""

import asyncio
import os
import random
import signal
import sys

from tests.integration.runtime.harness import declare
from tests.support.runtime_events import following
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ordering import Order
from tradewind.runtime import Worker, connect

LONGEST_SECONDS = 0.02
LIMITS = {"time_limit": 1_200, "ack_wait": 1_500}
HANGING = {"time_limit": 60_000, "ack_wait": 90_000}


async def main(name: str, mode: str = "") -> None:
    entropy = random.Random(name)

    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        print(event.event_id, flush=True)
        if mode == "hang":
            await asyncio.Event().wait()
        await asyncio.sleep(entropy.uniform(0, LONGEST_SECONDS))
        return following(event)

    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    limits = HANGING if mode == "hang" else LIMITS
    broker = declare(handler, order=Order.INSTRUMENT, **limits)
    async with await connect(os.environ["TRADEWIND_NATS_URL"], name=name) as connection:
        worker = Worker(broker, connection, ports={})
        await worker.start()
        print("ready", flush=True)
        await stopped.wait()
        await worker.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
