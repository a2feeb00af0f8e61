"""Role processes that die, anywhere and at chosen places, and one that only seems dead."""

import asyncio
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from tests.chaos.drill import COORDINATORS, LEASE_SECONDS, PROCESSES, Drill, until
from tests.chaos.tcp_proxy import Trap
from tradewind.failpoints import VARIABLE as FAILPOINTS

MAX_TAKEOVER_SECONDS: Final = LEASE_SECONDS + 2.0
MAX_ARRIVALS: Final = 5
ZOMBIE_SECONDS: Final = 20.0
"""How long one that lost its lease may take to notice and end."""
STOPPED: Final = "T"


@dataclass(frozen=True)
class Kill:
    """Kill -9 of one process at whatever it is doing."""

    process: str

    @property
    def name(self) -> str:
        """What the report calls it."""
        return f"kill -9 {self.process}"

    async def inject(self, drill: Drill, chance: Random) -> list[str]:
        """Kill it."""
        drill.processes[self.process].kill()
        return []


@dataclass(frozen=True)
class KillWriter:
    """Kill -9 of the coordinator that writes; the stand-by has to take over in time."""

    name: str = "kill -9 the writing coordinator"

    async def inject(self, drill: Drill, chance: Random) -> list[str]:
        """Kill it and wait for the other."""
        writer, epoch = await _beside_a_stand_by(drill), await _epoch(drill)
        drill.processes[writer].kill()
        return await _taken_over(drill, epoch, time.monotonic())


@dataclass(frozen=True)
class KillAll:
    """Kill -9 of every role at once."""

    name: str = "kill -9 every role"

    async def inject(self, drill: Drill, chance: Random) -> list[str]:
        """Kill them."""
        for process in drill.processes.values():
            if process.is_running():
                process.kill()
        return []


@dataclass(frozen=True)
class KillAtFailpoint:
    """The writing coordinator dies at a named place of its code."""

    failpoint: str

    @property
    def name(self) -> str:
        """What the report calls it."""
        return f"kill at {self.failpoint}"

    async def inject(self, drill: Drill, chance: Random) -> list[str]:
        """Arm the stand-by, have it take over, and wait until it is dead."""
        arrival = chance.randint(1, MAX_ARRIVALS)
        victim = await _put_in_charge(drill, f"{self.failpoint}=kill:{arrival}")
        pid = drill.processes[victim].pid
        await until(
            lambda: (
                drill.processes[victim].exit_code is not None or drill.processes[victim].pid != pid
            ),
            f"{self.failpoint} was reached",
        )
        return []


@dataclass(frozen=True)
class KillAtAcknowledgement:
    """A process dies after what it published is stored, and before its input is acknowledged."""

    process: str

    @property
    def name(self) -> str:
        """What the report calls it."""
        return f"kill {self.process} between publish and ack"

    async def inject(self, drill: Drill, chance: Random) -> list[str]:
        """Wait for an acknowledgement on the wire, keep it, and kill who sent it."""
        victim = await drill.writer() if self.process in COORDINATORS else self.process
        trap = Trap("before", drill.processes[victim].kill)
        drill.proxies[victim]["nats"].trap = trap
        await until(trap.sprung.is_set, f"{victim} acknowledges something")
        return []


@dataclass(frozen=True)
class Zombie:
    """The writing coordinator is stopped for longer than its lease, and wakes up.

    It must write nothing then, and end. `failpoint` stops it there, otherwise wherever it is.
    """

    failpoint: str = ""

    @property
    def name(self) -> str:
        """What the report calls it."""
        where = f" at {self.failpoint}" if self.failpoint else ""
        return f"SIGSTOP the writing coordinator{where}, SIGCONT after its lease"

    async def inject(self, drill: Drill, chance: Random) -> list[str]:
        """Stop, wait for the takeover, continue, and watch what it still does."""
        if self.failpoint:
            arrival = chance.randint(1, MAX_ARRIVALS)
            victim = await _put_in_charge(drill, f"{self.failpoint}=stop:{arrival}")
            pid = drill.processes[victim].pid
            await until(lambda: _state(pid) == STOPPED, f"{self.failpoint} was reached")
            since, epoch = time.monotonic(), await _epoch(drill)
        else:
            victim, epoch = await _beside_a_stand_by(drill), await _epoch(drill)
            pid = drill.processes[victim].pid
            os.kill(pid, signal.SIGSTOP)
            since = time.monotonic()
        try:
            found = await _taken_over(drill, epoch, since)
            await asyncio.sleep(chance.uniform(0, 1))
        finally:
            line = drill.proxies[victim]["postgres"]
            commits = line.answered
            os.kill(pid, signal.SIGCONT)
        process = drill.processes[victim]
        await until(
            lambda: process.exit_code is not None or process.pid != pid,
            "a coordinator that lost its lease ended",
            ZOMBIE_SECONDS,
        )
        if line.answered > commits:
            found.append(f"a zombie committed {line.answered - commits} transactions")
        return found


async def _beside_a_stand_by(drill: Drill) -> str:
    """Wait until one coordinator writes and the other could; return who writes."""
    await drill.ready(*COORDINATORS)
    return await drill.writer()


async def _put_in_charge(drill: Drill, failpoints: str) -> str:
    """Have the stand-by run with failpoints and write the ledger; return which process it is."""
    writer = await _beside_a_stand_by(drill)
    victim = next(name for name in COORDINATORS if name != writer)
    environment = dict(drill.processes[victim].service.environment) | {FAILPOINTS: failpoints}
    await drill.run_with(victim, environment=environment)
    await drill.ready(victim)
    epoch = await _epoch(drill)
    drill.processes[writer].kill()
    drill.postpone(writer, LEASE_SECONDS + 1.0)

    async def is_taken() -> bool:
        return await _epoch(drill) > epoch

    await until(is_taken, "the armed stand-by took over")
    drill.postpone(writer, 0)
    return victim


async def _epoch(drill: Drill) -> int:
    return int(await drill.database.value("SELECT epoch FROM writer"))


async def _taken_over(drill: Drill, epoch: int, since: float) -> list[str]:
    """Wait until another coordinator has the lease; return what is wrong with how long it took."""

    async def is_taken() -> bool:
        return await _epoch(drill) > epoch

    await until(is_taken, "another coordinator took over")
    seconds = time.monotonic() - since
    drill.takeovers.append(seconds)
    if seconds > MAX_TAKEOVER_SECONDS:
        return [f"takeover took {seconds:.1f} s, more than {MAX_TAKEOVER_SECONDS:.0f} s"]
    return []


def _state(pid: int) -> str:
    """Return the state letter the kernel shows for a process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


KILLS: Final = tuple(Kill(name) for name in PROCESSES if name not in COORDINATORS)
