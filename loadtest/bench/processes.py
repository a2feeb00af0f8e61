"""CPU time of every process of a running platform."""

from contextlib import suppress

import psutil

from loadtest.platform import Platform


def cpu_seconds(platform: Platform) -> dict[str, float]:
    """Return what each role and server has used so far, children included, by name."""
    return {name: _with_children(pid) for name, pid in platform.pids().items()}


def _with_children(pid: int) -> float:
    process = psutil.Process(pid)
    seconds = 0.0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            seconds += times.user + times.system
    return seconds
