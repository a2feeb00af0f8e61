"""A child process that never outlives its parent, in a session of its own, with a log file."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tradewind.embedded.errors import ServerError

LAUNCHER: Final = Path(__file__).with_name("launcher.py")
MAX_LOG_BYTES: Final = 16 * 1024 * 1024
LOG_TAIL_BYTES: Final = 2_000


@dataclass(frozen=True)
class User:
    """Whom a child runs as."""

    user_id: int
    group_id: int


@dataclass(frozen=True)
class Program:
    """What to run. `death_signal` is what the child gets when its parent dies."""

    command: Sequence[str]
    log_path: Path
    death_signal: signal.Signals = signal.SIGTERM
    user: User | None = None
    environment: Mapping[str, str] | None = None
    inherited_fds: Sequence[int] = field(default=())


def spawn(program: Program) -> subprocess.Popen[bytes]:
    """Start the program; its output is appended to its log. Main thread only.

    The kernel ties a child to the thread that created it: a child of a helper thread would be
    killed as soon as that thread ends.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("children must be started from the main thread")
    _rotate(program.log_path)
    user = program.user
    identity = (str(user.user_id), str(user.group_id)) if user else ("-", "-")
    arguments = (str(os.getpid()), str(int(program.death_signal)), *identity, *program.command)
    with program.log_path.open("ab") as log:
        # A session of its own: Ctrl-C reaches the parent only, which stops its children in order.
        return subprocess.Popen(  # noqa: S603
            (sys.executable, "-I", "-S", str(LAUNCHER), *arguments),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=None if program.environment is None else dict(program.environment),
            cwd="/" if user else None,
            pass_fds=tuple(program.inherited_fds),
            start_new_session=True,
        )


def stop(process: subprocess.Popen[bytes], first: signal.Signals, timeout_seconds: float) -> bool:
    """Ask the process to end, kill it after the timeout; return whether it ended by itself."""
    if process.poll() is None:
        process.send_signal(first)
    try:
        process.wait(timeout_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def run_once(program: Program, *, input_text: str = "", timeout_seconds: float = 60) -> None:
    """Run a program to its end; ServerError with its log's tail when it fails."""
    process = spawn_piped(program)
    try:
        process.communicate(input_text.encode(), timeout=timeout_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    if process.returncode != 0:
        name = Path(program.command[0]).name
        raise ServerError(f"{name} failed: {log_tail(program.log_path)}")


def spawn_piped(program: Program) -> subprocess.Popen[bytes]:
    """Start a short-lived helper program that reads its standard input."""
    user = program.user
    with program.log_path.open("ab") as log:
        return subprocess.Popen(  # noqa: S603
            program.command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd="/" if user else None,
            user=user.user_id if user else None,
            group=user.group_id if user else None,
            extra_groups=[] if user else None,
        )


def log_tail(log_path: Path) -> str:
    """Return the last lines of a log with its path, for an error message."""
    if not log_path.exists():
        return f"(no log at {log_path})"
    data = log_path.read_bytes()[-LOG_TAIL_BYTES:]
    lines = data.decode(errors="replace").strip().splitlines()[-5:]
    return " | ".join(line.strip() for line in lines) + f" (log: {log_path})"


def _rotate(log_path: Path) -> None:
    if log_path.exists() and log_path.stat().st_size > MAX_LOG_BYTES:
        log_path.replace(log_path.with_suffix(".1.log"))
