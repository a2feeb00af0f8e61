"""Adds replicas of the roles that a paper flow passes to a running platform."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from loadtest.bench.flow_cpu import Clocks
from loadtest.bench.flows import read_clocks
from loadtest.bench.processes import process_cpu_seconds
from loadtest.platform import Platform
from tradewind.contracts.roles import Role
from tradewind.operations.processes.child import Program, spawn

PASSED: Final = (Role.RISK, Role.PORTFOLIO, Role.PLANNER, Role.ORCHESTRATOR)
START_SECONDS: Final = 15.0
"""Until new replicas have their parts of the work."""
_STOP_SECONDS: Final = 30

type Pids = Mapping[str, int]
"""The process of each role under which its further replicas run."""
NONE: Final[Pids] = {}


@contextmanager
def replicas_of(platform: Platform, replicas: int) -> Iterator[Pids]:
    """Run so many replicas of each role until the block ends: the platform's own and more."""
    with ExitStack() as stack:
        pids = {}
        for role in PASSED:
            started = _start(platform, role, replicas - 1)
            stack.callback(_stop, started)
            pids[str(role)] = started.pid
        time.sleep(START_SECONDS)
        yield pids


def clocks_with(platform: Platform, more: Pids) -> Clocks:
    """Return the CPU of each process so far, that of its further replicas included."""
    clocks = read_clocks(platform)
    further = {name: clocks.cpu_seconds[name] + used for name, used in cpu_of(more).items()}
    return clocks._replace(cpu_seconds={**clocks.cpu_seconds, **further})


def cpu_of(more: Pids) -> dict[str, float]:
    """Return the CPU seconds of the further replicas so far, by role."""
    return {name: process_cpu_seconds(pid) for name, pid in more.items()}


def _start(platform: Platform, role: Role, processes: int) -> "subprocess.Popen[bytes]":
    executable = Path(sys.executable).with_name("tradewind")
    command = (str(executable), "worker", str(role), "--processes", str(processes))
    environment = os.environ | {
        "TRADEWIND_DATA_DIR": str(platform.data_directory),
        "PLATFORM_MOCK_CHAIN": "true",
    }
    log_path = platform.data_directory.parent / f"more-{role}.log"
    return spawn(Program(command, log_path, environment=environment))


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.wait(timeout=_STOP_SECONDS)
