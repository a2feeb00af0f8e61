"""Samples the processes of a running platform from outside: roles by py-spy, servers by perf."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import psutil

SERVERS: Final = ("nats", "postgres", "redis")
SAMPLES_A_SECOND: Final = 100
_STOP_SECONDS: Final = 30
_INTERRUPTED: Final = (0, 130, -2)


class CannotSample(Exception):
    """py-spy cannot look into a process; the message says what it answered."""


@contextmanager
def sampled(pids: Mapping[str, int], directory: Path) -> Iterator[None]:
    """Sample processes while the block runs; afterwards `directory` has a file for each.

    A role has `ROLE.stacks`, collapsed stacks of what held the interpreter. A server has
    `NAME.perf`, where there is a perf that may be used. Raises CannotSample.
    """
    with ExitStack() as stack:
        for name, pid in pids.items():
            if name in SERVERS:
                stack.enter_context(_perf(name, pid, directory))
            else:
                stack.enter_context(_py_spy(name, pid, directory))
        yield


@contextmanager
def _py_spy(name: str, pid: int, directory: Path) -> Iterator[None]:
    program = str(Path(sys.executable).with_name("py-spy"))
    options = ("--gil", "--function", "--format", "raw", "--rate", str(SAMPLES_A_SECOND))
    command = (program, "record", *options, "-o", str(directory / f"{name}.stacks"))
    log = directory / f"{name}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            (*command, "--pid", str(pid)), stdout=subprocess.DEVNULL, stderr=file
        )
    try:
        yield
    finally:
        code = _interrupt(process)
    if code not in _INTERRUPTED:
        raise CannotSample(f"{name}: {log.read_text()[-300:]}")
    log.unlink()


@contextmanager
def _perf(name: str, pid: int, directory: Path) -> Iterator[None]:
    program = shutil.which("perf")
    if program is None:
        yield
        return
    output = directory / f"{name}.perf"
    command = (program, "record", "-e", "cpu-clock", "-F", "199", "-g", "-o", str(output))
    server = psutil.Process(pid)
    pids = [one.pid for one in (server, *server.children(recursive=True))]
    process = subprocess.Popen(
        (*command, "-p", ",".join(map(str, pids))),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        _interrupt(process)


def _interrupt(process: "subprocess.Popen[bytes]") -> int:
    if process.poll() is None:
        process.send_signal(2)
    try:
        return process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
