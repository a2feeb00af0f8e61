"""What a cluster must stand: the loss of any one broker, and a restart of all of them in turn."""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.chaos.administrator import broker
from tests.chaos.faults.fault import Fault
from tests.chaos.harness import PlatformHarness
from tests.cluster.brokers import BROKERS, BrokerProcess, ClusterServers, current
from tests.support.paused import go_on, stop
from tests.support.waiting import wait_until

MAX_AWAY_SECONDS: Final = 4.0
FROZEN_SECONDS: Final = (6.0, 16.0)
"""A client notices a silent broker after two missed pings, which is in the middle of this."""
EVENTS: Final = "EVENTS"
COORDINATOR: Final = "coordinator"
DELIVERS: Final = "the leader of the coordinator's durable"
WRITES: Final = "the leader of the event stream"


@dataclass(frozen=True)
class KillBroker:
    """Kill -9 of one broker, named or the one that leads something; it comes back."""

    which: str
    loses_store: bool = False

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        return f"kill -9 {self.which}" + (", its store is lost" if self.loses_store else "")

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Kill it, and start it again after a while."""
        process = await _find(harness, self.which)
        process.kill()
        if self.loses_store:
            shutil.rmtree(process.service.directory / "jetstream")
        await asyncio.sleep(chance.uniform(0, MAX_AWAY_SECONDS))
        await _start(process)
        return []


@dataclass(frozen=True)
class FreezeBroker:
    """One broker hangs: its connections stay open, and nothing comes from it."""

    which: str

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        return f"freeze {self.which}"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Stop it for a while."""
        process = await _find(harness, self.which)
        stop(process.pid)
        try:
            await asyncio.sleep(chance.uniform(*FROZEN_SECONDS))
        finally:
            go_on(process.pid)
        await current(process)
        return []


@dataclass(frozen=True)
class RollingRestart:
    """A clean restart of each broker once the one before is current again, as for an upgrade."""

    name: str = "rolling restart"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Restart them in turn."""
        for process in _brokers(harness).values():
            process.ask_to_stop()
            await wait_until(lambda one=process: not one.is_running(), f"{process.name} stopped")
            await _start(process)
        return []


@dataclass(frozen=True)
class KillEveryBroker:
    """Kill -9 of all brokers at once; what they acknowledged is on their disks."""

    name: str = "kill -9 every broker"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Kill and start them."""
        processes = _brokers(harness).values()
        for process in processes:
            process.kill()
        await asyncio.sleep(chance.uniform(0, MAX_AWAY_SECONDS))
        for process in processes:
            process.start()
        for process in processes:
            await current(process)
        return []


FAULTS: Final[Sequence[Fault]] = (
    *(KillBroker(name) for name in BROKERS),
    KillBroker(WRITES),
    KillBroker(DELIVERS),
    RollingRestart(),
    FreezeBroker(WRITES),
    KillBroker(WRITES, loses_store=True),
    KillEveryBroker(),
)


async def _find(harness: PlatformHarness, which: str) -> BrokerProcess:
    """Return the broker of a name, or the one that leads the stream or the coordinator's durable.

    Between two leaders there is none for a moment.
    """
    brokers = _brokers(harness)
    if which in brokers:
        return brokers[which]
    leaders: list[str] = []

    async def is_led() -> bool:
        leaders.append(await _leader(harness, which))
        return leaders[-1] in brokers

    await wait_until(is_led, f"there is {which}", despite=(Exception,))
    return brokers[leaders[-1]]


async def _leader(harness: PlatformHarness, which: str) -> str:
    async with broker(harness.servers.nats_url) as client:
        jetstream = client.jetstream()
        if which == DELIVERS:
            info = await jetstream.consumer_info(EVENTS, COORDINATOR)
        else:
            info = await jetstream.stream_info(EVENTS)
    return (info.cluster and info.cluster.leader) or ""


def _brokers(harness: PlatformHarness) -> dict[str, BrokerProcess]:
    assert isinstance(harness.servers, ClusterServers)
    return harness.servers.brokers


async def _start(process: BrokerProcess) -> None:
    process.start()
    await current(process)
