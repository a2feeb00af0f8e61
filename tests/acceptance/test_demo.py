"""The demo as a user runs it: every scenario once, each ends as it should."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
from nats.aio.msg import Msg

from loadtest.platform import Platform
from tradewind.contracts.streams import MESSAGE_ID_HEADER
from tradewind.operations.demo.scenarios import scenarios_for

DEADLINE_SECONDS = 60


@asynccontextmanager
async def everything_sent_again(platform: Platform) -> AsyncIterator[None]:
    """Send a copy of every event of an intent, as relay, sweeper and redelivery would."""
    async with await nats.connect(platform.nats_url) as connection:
        stream = connection.jetstream()

        async def send_again(message: Msg) -> None:
            message_id = (message.headers or {}).get(MESSAGE_ID_HEADER, "")
            if not message_id.startswith("again-"):
                headers = {MESSAGE_ID_HEADER: f"again-{message_id}"}
                await stream.publish(message.subject, message.data, headers=headers)

        for domain in ("intent", "risk", "plan", "exec"):
            await connection.subscribe(f"{domain}.>", cb=send_again)
        await connection.flush()
        yield


async def test_every_scenario_ends_as_it_should_although_every_event_comes_twice(
    platform: Platform,
) -> None:
    tradewind = Path(sys.executable).with_name("tradewind")
    scenarios = scenarios_for("simulated", swaps=True)
    async with everything_sent_again(platform), asyncio.timeout(DEADLINE_SECONDS):
        demo = await asyncio.create_subprocess_exec(
            *(tradewind, "demo", "--count", str(len(scenarios)), "--rate", "20"),
            env={"TRADEWIND_DATA_DIR": str(platform.data_directory)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = (said.decode() for said in await demo.communicate())
    assert demo.returncode == 0, output + errors
    *_, copies, verdict = output.splitlines()
    assert copies.endswith("events were sent again and recognised by their ids.")
    assert int(copies.split()[0]) >= len(scenarios)
    assert verdict == f"All {len(scenarios)} intents ended as expected."
