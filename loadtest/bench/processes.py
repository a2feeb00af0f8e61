"""Reads CPU time and memory of processes."""

import re
from contextlib import suppress
from pathlib import Path

import psutil

from loadtest.platform import Platform


def cpu_seconds(platform: Platform) -> dict[str, float]:
    """Return CPU seconds of each role and server so far, children included, by name."""
    return {name: process_cpu_seconds(pid) for name, pid in platform.pids().items()}


def process_cpu_seconds(pid: int) -> float:
    """Return CPU seconds of a process and its children, also of those that it has waited for."""
    process = psutil.Process(pid)
    seconds = 0.0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            seconds += times.user + times.system + times.children_user + times.children_system
    return seconds


def peak_mebibytes(pid: int) -> float:
    """Return the peak resident memory of a running process."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    if found is None:
        raise ValueError(f"process {pid} has ended")
    return int(found[1]) / 1024
