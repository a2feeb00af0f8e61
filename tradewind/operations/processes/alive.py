"""Checks whether a process is running."""

import os
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Return whether a process with this id exists and has not ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        status = Path("/proc", str(pid), "stat").read_text()
    except OSError:
        return False
    # The state follows the command's name, which may contain any character, even ")".
    return status.rpartition(")")[2].split()[0] == "Z"
