"""Finds room in memory for what test servers store.

They sync every write, as in production; on a disk most of a test's time is that. The kernel keeps
what a killed process wrote in either place, so tests of kill -9 see the same. No test cuts power.
"""

import shutil
from pathlib import Path
from typing import Final

import psutil

MEMORY_DIRECTORY: Final = Path("/dev/shm")
"""A file system in memory, where the system has one; in a container it may be small."""
ROOM_BYTES: Final = 4 * 1024**3
"""More than the servers of a whole run on several workers store at a time."""
SPARE_BYTES: Final = 4 * 1024**3
"""Memory that the processes of the tests need beside that."""
OPEN_TO_ALL: Final = 0o1777


def directory_in_memory(directory: Path = MEMORY_DIRECTORY) -> Path | None:
    """Return a directory in memory that has room, to make others in; None where there is none."""
    try:
        is_open = directory.stat().st_mode & OPEN_TO_ALL == OPEN_TO_ALL
        has_room = shutil.disk_usage(directory).free >= ROOM_BYTES
    except OSError:
        return None
    has_memory = psutil.virtual_memory().available >= ROOM_BYTES + SPARE_BYTES
    return directory if is_open and has_room and has_memory else None
