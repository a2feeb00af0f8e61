"""Faults of role processes: kills, anywhere or at chosen points, and a stopped writer."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from tests.chaos.harness import (
    COORDINATORS,
    LEASE_SECONDS,
    PROCESSES,
    PlatformHarness,
    RoleProcess,
)
from tests.chaos.tcp_proxy import Trap
from tests.support.paused import go_on, stop
from tests.support.waiting import wait_until
from tradewind.failpoints import VARIABLE as FAILPOINTS

MAX_ARRIVALS: Final = 5
FROZEN_SECONDS: Final = (1.0, 5.0)
"""Shorter and longer than a transaction may be idle before its session is ended."""
ZOMBIE_SECONDS: Final = 20.0
"""How long a process that lost its lease may take to notice and end."""
STOPPED: Final = "T"


@dataclass(frozen=True)
class Kill:
    """Kill -9 of one process at any point."""

    process: str

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        return f"kill -9 {self.process}"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Kill it."""
        harness.processes[self.process].kill()
        return []


@dataclass(frozen=True)
class KillWriter:
    """Kill -9 of the coordinator that writes; the stand-by has to take over in time."""

    name: str = "kill -9 the writing coordinator"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Kill it and wait for the other."""
        writer, epoch = await _beside_a_stand_by(harness)
        harness.processes[writer].kill()
        return await _taken_over(harness, epoch, time.monotonic())


@dataclass(frozen=True)
class KillAll:
    """Kill -9 of every role at once."""

    name: str = "kill -9 every role"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Kill them."""
        for process in harness.processes.values():
            if process.is_running():
                process.kill()
        return []


@dataclass(frozen=True)
class KillAtFailpoint:
    """The writing coordinator dies at a named place of its code."""

    failpoint: str

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        return f"kill at {self.failpoint}"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Arm the stand-by, have it take over, and wait until it is dead."""
        arrival = chance.randint(1, MAX_ARRIVALS)
        victim = await _put_in_charge(harness, f"{self.failpoint}=kill:{arrival}")
        pid = harness.processes[victim].pid
        await wait_until(
            lambda: (
                harness.processes[victim].exit_code is not None
                or harness.processes[victim].pid != pid
            ),
            f"{self.failpoint} was reached",
        )
        return []


@dataclass(frozen=True)
class KillRoleAt:
    """A process dies at a named place of its code, which some traffic comes by."""

    process: str
    failpoint: str
    arrivals: int = MAX_ARRIVALS
    """Of so many first arrivals one is the last."""

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        return f"kill {self.process} at {self.failpoint}"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Have it run with the failpoint, and wait until it is dead."""
        arrival = chance.randint(1, self.arrivals)
        process = await _run_with(harness, self.process, f"{self.failpoint}=kill:{arrival}")
        pid = process.pid
        await wait_until(
            lambda: process.exit_code is not None or process.pid != pid,
            f"{self.failpoint} was reached",
        )
        return []


@dataclass(frozen=True)
class FreezeRoleAt:
    """A process stops at a named place of its code, in the middle of a transaction, and wakes up.

    What it holds is taken from it meanwhile, and what it goes on with must change nothing.
    """

    process: str
    failpoint: str

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        return f"SIGSTOP {self.process} at {self.failpoint}"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Have it run with the failpoint, wait until it has stopped, and continue it."""
        arrival = chance.randint(1, MAX_ARRIVALS)
        process = await _run_with(harness, self.process, f"{self.failpoint}=stop:{arrival}")
        pid = process.pid
        await wait_until(lambda: _state(pid) == STOPPED, f"{self.failpoint} was reached")
        try:
            await asyncio.sleep(chance.uniform(*FROZEN_SECONDS))
        finally:
            go_on(pid)
        return []


@dataclass(frozen=True)
class Freeze:
    """A process does nothing for a while, anywhere, and goes on."""

    process: str

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        return f"SIGSTOP {self.process}"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Stop it and continue it."""
        await harness.ready(self.process)
        pid = harness.processes[self.process].pid
        stop(pid)
        try:
            await asyncio.sleep(chance.uniform(*FROZEN_SECONDS))
        finally:
            go_on(pid)
        return []


@dataclass(frozen=True)
class KillAtAcknowledgement:
    """A process dies after what it published is stored, and before its input is acknowledged."""

    process: str

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        return f"kill {self.process} between publish and ack"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Wait for an acknowledgement on the wire, hold it back, and kill its sender."""
        victim = await harness.writer() if self.process in COORDINATORS else self.process
        trap = Trap("before", harness.processes[victim].kill)
        harness.proxies[victim]["nats"].trap = trap
        await wait_until(trap.sprung.is_set, f"{victim} acknowledges something")
        return []


@dataclass(frozen=True)
class Zombie:
    """The writing coordinator is stopped for longer than its lease, and wakes up.

    It must then write nothing and end. It stops at `failpoint`, or anywhere without one.
    """

    failpoint: str = ""

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        where = f" at {self.failpoint}" if self.failpoint else ""
        return f"SIGSTOP the writing coordinator{where}, SIGCONT after its lease"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Stop it, wait for the takeover, continue it, and check that it writes nothing."""
        if self.failpoint:
            arrival = chance.randint(1, MAX_ARRIVALS)
            victim = await _put_in_charge(harness, f"{self.failpoint}=stop:{arrival}")
            pid = harness.processes[victim].pid
            await wait_until(lambda: _state(pid) == STOPPED, f"{self.failpoint} was reached")
            since, epoch = time.monotonic(), await _epoch(harness)
        else:
            victim, epoch = await _beside_a_stand_by(harness)
            pid = harness.processes[victim].pid
            stop(pid)
            since = time.monotonic()
        try:
            found = await _taken_over(harness, epoch, since)
            await asyncio.sleep(chance.uniform(0, 1))
        finally:
            line = harness.proxies[victim]["postgres"]
            commits = line.answered
            go_on(pid)
        process = harness.processes[victim]
        await wait_until(
            lambda: process.exit_code is not None or process.pid != pid,
            "a coordinator that lost its lease ended",
            seconds=ZOMBIE_SECONDS,
        )
        if line.answered > commits:
            found.append(f"a zombie committed {line.answered - commits} transactions")
        return found


async def _run_with(harness: PlatformHarness, name: str, failpoints: str) -> RoleProcess:
    """Have a process run with failpoints; its next start is as usual."""
    process = harness.processes[name]
    environment = dict(process.service.environment) | {FAILPOINTS: failpoints}
    await harness.run_with(name, environment=environment)
    return process


async def _beside_a_stand_by(harness: PlatformHarness) -> tuple[str, int]:
    """Wait until one coordinator writes and the other stands by; return the writer's term."""
    await harness.ready(*COORDINATORS)
    return await harness.term()


async def _put_in_charge(harness: PlatformHarness, failpoints: str) -> str:
    """Have the stand-by run with failpoints and write the ledger; return which process it is."""
    writer, _ = await _beside_a_stand_by(harness)
    victim = next(name for name in COORDINATORS if name != writer)
    environment = dict(harness.processes[victim].service.environment) | {FAILPOINTS: failpoints}
    await harness.run_with(victim, environment=environment)
    await harness.ready(victim)
    epoch = await _epoch(harness)
    harness.processes[writer].kill()
    harness.postpone(writer, LEASE_SECONDS + 1.0)

    async def is_taken() -> bool:
        return await _epoch(harness) > epoch

    await wait_until(is_taken, "the armed stand-by took over")
    harness.postpone(writer, 0)
    return victim


async def _epoch(harness: PlatformHarness) -> int:
    return int(await harness.database.value("SELECT epoch FROM writer"))


async def _taken_over(harness: PlatformHarness, epoch: int, since: float) -> list[str]:
    """Wait until another coordinator has the lease; return a violation when it took too long.

    A limit is given only in a run by hand on an idle machine.
    """

    async def is_taken() -> bool:
        return await _epoch(harness) > epoch

    await wait_until(is_taken, "another coordinator took over")
    seconds = time.monotonic() - since
    harness.takeovers.append(seconds)
    allowed = harness.max_takeover_seconds
    if seconds > allowed:
        return [f"takeover took {seconds:.1f} s, more than {allowed:.0f} s"]
    return []


def _state(pid: int) -> str:
    """Return the state letter the kernel shows for a process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


KILLS: Final = tuple(Kill(name) for name in PROCESSES if name not in COORDINATORS)
