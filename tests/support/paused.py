"""Stops a server's processes without ending them, as a hung disk or a lost network would."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


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
            _send(one, signal.SIGSTOP)
        yield
    finally:
        for one in reversed(stopped):
            _send(one, signal.SIGCONT)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):
            found += map(int, (task / "children").read_text().split())
    return found


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
