"""Stops a server's processes without ending them, as a hung disk or a lost network would."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

PATIENCE_SECONDS: Final = 10.0
_STOPPED: Final = ("T", "t", "Z", "X")
"""The states of a process, as `/proc` tells them, in which it does nothing."""


@contextmanager
def paused(*pids: int) -> Iterator[None]:
    """Stop these processes and their children while a block runs; nothing of them answers."""
    stopped: list[int] = []
    try:
        for pid in pids:
            # The parent comes first, so that it has no more children.
            for one in (pid, *_children(pid)):
                _send(one, signal.SIGSTOP)
                stopped.append(one)
            stopped += [one for one in _children(pid) if one not in stopped]
        for one in stopped:
            stop(one)
        yield
    finally:
        for one in reversed(stopped):
            go_on(one)


def stop(pid: int) -> None:
    """Stop a process, and wait until it has: on a busy machine its threads go on for a while."""
    _send(pid, signal.SIGSTOP)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _state(pid) not in _STOPPED:
        assert time.monotonic() < deadline, f"process {pid} does not stop"
        time.sleep(0.001)


def go_on(pid: int) -> None:
    """Continue a process that was stopped, unless somebody ended it meanwhile."""
    _send(pid, signal.SIGCONT)


def _state(pid: int) -> str:
    """Return the state of a process whose threads are all in it; a dead one is as good as gone."""
    states = set()
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                states.add((task / "stat").read_text().rpartition(")")[2].split()[0])
    return next((one for one in states if one not in _STOPPED), "X")


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):
            found += map(int, (task / "children").read_text().split())
    return found


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
