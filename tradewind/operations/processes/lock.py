"""One platform per data directory, guarded by a file lock that the servers inherit.

The lock is free only after the supervisor and every server it started ended. So a new start
never runs a second server on the same files, not even right after a kill -9.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tradewind.operations.processes.alive import is_alive
from tradewind.operations.processes.errors import DataDirectoryInUse

LOCK_FILE: Final = "lock"
LEFTOVERS_TIMEOUT_SECONDS: Final = 15.0
MAX_PID_DIGITS: Final = 20
POLL_SECONDS: Final = 0.02


@contextmanager
def data_directory_lock(data_directory: Path) -> Iterator[int]:
    """Hold the lock of a data directory; yields its descriptor, for servers to inherit."""
    descriptor = os.open(data_directory / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, data_directory)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def is_locked(data_directory: Path) -> bool:
    """Return whether a platform, or a server it left behind, holds the lock."""
    try:
        descriptor = os.open(data_directory / LOCK_FILE, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _acquire(descriptor: int, data_directory: Path) -> None:
    deadline = time.monotonic() + LEFTOVERS_TIMEOUT_SECONDS
    while not _try_lock(descriptor):
        holder = _read_holder(descriptor)
        if (holder and is_alive(holder)) or time.monotonic() > deadline:
            raise DataDirectoryInUse(
                f"{data_directory} is in use by process {holder}: "
                "stop it, or choose another --data-dir"
            )
        time.sleep(POLL_SECONDS)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_holder(descriptor: int) -> int:
    """Return the process id of the last holder; 0 when it has not written it yet."""
    text = os.pread(descriptor, MAX_PID_DIGITS, 0)
    return int(text) if text.isdigit() else 0
