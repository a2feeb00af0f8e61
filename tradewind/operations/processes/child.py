"""A child process that never outlives its parent, in a session of its own, with a log file."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from tradewind.operations.processes.errors import ServerError

LAUNCHER: Final = Path(__file__).with_name("launcher.py")
LOG_TAIL_BYTES: Final = 2_000
LOG_TAIL_LINES: Final = 5
RUN_TIMEOUT_SECONDS: Final = 60.0


@dataclass(frozen=True)
class User:
    """The user and group a child runs as."""

    user_id: int
    group_id: int


@dataclass(frozen=True)
class Program:
    """A command, the user it runs as, and the signals that end it cleanly."""

    command: Sequence[str]
    log_path: Path | None
    """The file its output is appended to; None for our own output."""
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGTERM
    """The signal that the kernel sends it when its parent dies."""
    user: User | None = None
    environment: Mapping[str, str] | None = None
    opens_log: bool = False
    """Whether it begins another log itself when its log is full."""
    timer_slack_ns: int | None = None
    """How late the kernel may end its naps, to wake it less often; None leaves it at what ours is,
    50,000 by default. Linux only."""


class ChildProcess(Protocol):
    """A child that was started."""

    @property
    def pid(self) -> int:
        """Its process id."""

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code; subprocess.TimeoutExpired when it is late."""

    def send_signal(self, number: int, /) -> None:
        """Send a signal; nothing happens when the process has ended."""

    def kill(self) -> None:
        """Kill -9; nothing happens when the process has ended."""


def spawn(program: Program, inherited_fds: Sequence[int] = ()) -> subprocess.Popen[bytes]:
    """Start the program and return at once. Main thread only.

    The kernel sends the death signal when the thread that created the child ends, so a child of a
    helper thread would be killed too early.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("children must be started from the main thread")
    user = program.user
    identity = (str(user.user_id), str(user.group_id)) if user else ("-", "-")
    slack = "-" if program.timer_slack_ns is None else str(program.timer_slack_ns)
    parent = (str(os.getpid()), str(int(program.death_signal)))
    arguments = (*parent, slack, *identity, *program.command)
    log = _open_log(program.log_path)
    try:
        # In its own session a child gets no Ctrl-C, so the parent can stop its children in order.
        return subprocess.Popen(  # noqa: S603
            (sys.executable, "-I", "-S", str(LAUNCHER), *arguments),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=None if log is None else subprocess.STDOUT,
            env=None if program.environment is None else dict(program.environment),
            cwd="/" if user else None,
            pass_fds=tuple(inherited_fds),
            start_new_session=True,
        )
    finally:
        if log is not None:
            os.close(log)


def run(program: Program, *, input_text: str = "") -> None:
    """Run a program to its end; ServerError with the tail of its log when it fails."""
    user, log = program.user, _open_log(program.log_path)
    try:
        completed = subprocess.run(  # noqa: S603
            program.command,
            input=input_text.encode(),
            stdout=log,
            stderr=None if log is None else subprocess.STDOUT,
            cwd="/" if user else None,
            user=user.user_id if user else None,
            group=user.group_id if user else None,
            extra_groups=[] if user else None,
            timeout=RUN_TIMEOUT_SECONDS,
            check=False,
            start_new_session=True,
        )
    finally:
        if log is not None:
            os.close(log)
    if completed.returncode != 0:
        name = Path(program.command[0]).name
        raise ServerError(f"{name} failed: {log_tail(program.log_path)}")


def log_tail(log_path: Path | None) -> str:
    """Return the last lines of a log and its path, on one line, for an error message."""
    if log_path is None or not log_path.exists():
        return "see above"
    return " | ".join(_tail(log_path)[-LOG_TAIL_LINES:]) + f" (log: {log_path})"


def last_line(log_path: Path | None) -> str:
    """Return the last line of a log, where a program that failed gives the reason."""
    if log_path is None or not log_path.exists():
        return "see above"
    lines = _tail(log_path)
    return lines[-1] if lines else f"nothing in {log_path}"


def _tail(log_path: Path) -> list[str]:
    with log_path.open("rb") as log:
        log.seek(max(0, log_path.stat().st_size - LOG_TAIL_BYTES))
        text = log.read().decode(errors="replace")
    return [line.strip() for line in text.strip().splitlines()]


def _open_log(log_path: Path | None) -> int | None:
    """Open a log for appending."""
    if log_path is None:
        return None
    return os.open(log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
