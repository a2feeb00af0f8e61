"""A process of slices whose strategy misbehaves in one way, named by its argument."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from actors.slice_process.child import confine, serve
from actors.slice_process.computing import Computing
from actors.slice_process.frames import Frame
from actors.slice_process.messages import CountRequest, SliceRequest
from tradewind.contracts.backtests.strategies import AnnouncedStrategy
from tradewind.simulation.run import SliceResult

CPU_SECONDS = 1
SAID: list[Any] = []


def take_memory() -> None:
    """Ask for more than the process may have."""
    SAID.append(bytearray(3 * 1024**3))


def take_time() -> None:
    """Compute for ever."""
    while True:
        pass


def wait() -> None:
    """Do nothing for long."""
    time.sleep(600)


def write() -> None:
    """Write a file."""
    Path("/dev/shm/tradewind-strategy-was-here").write_text("x" * 65_536)


def look_around() -> None:
    """Say what there is to find: variables and sockets."""
    kinds = [os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")[:-1]]
    variables = [name for name in os.environ if not name.endswith("_THREADS")]
    raise RuntimeError(f"{variables} {[one for one in kinds if one.startswith('socket')]}")


def talk() -> None:
    """Write to where answers seem to go."""
    print("x" * 100)
    sys.stdout.flush()
    raise RuntimeError("talked")


WAYS: dict[str, Callable[[], None]] = {
    "memory": take_memory,
    "cpu": take_time,
    "wait": wait,
    "write": write,
    "look": look_around,
    "talk": talk,
}


class Misbehaving:
    """An engine that does one thing."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act

    def run_slice(self, _: SliceRequest, __: Sequence[Frame]) -> SliceResult:
        """Do it."""
        self._act()
        raise AssertionError("something was to happen")

    def count_bars(self, _: CountRequest) -> tuple[int, ...]:
        """Answer."""
        return ()

    def catalogue(self) -> tuple[AnnouncedStrategy, ...]:
        """Answer."""
        return ()

    def finish(self, *_: object) -> Any:
        """Do nothing."""
        raise NotImplementedError


def main(way: str) -> None:
    """Serve as the product's process does."""
    answers = confine()
    serve(Computing(Misbehaving(WAYS[way])).answer, sys.stdin.buffer, answers, CPU_SECONDS)
