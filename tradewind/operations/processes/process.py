"""The process of one service: starts, checks, stops, kills and restarts it."""

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from tradewind.log_file import LogLimits, trim
from tradewind.operations.processes.child import ChildProcess, Program, log_tail, spawn
from tradewind.operations.processes.errors import ServerError
from tradewind.operations.processes.service import Service

START_TIMEOUT_SECONDS: Final = 60.0
STOP_TIMEOUT_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.01
RETRY_SECONDS: Final = 0.2
MAX_START_ATTEMPTS: Final = 10


class ServiceProcess[S: Service]:
    """At most one running process of a service. Starting is for the main thread only.

    `start_program` starts what the service is to run; without one it is spawned.
    """

    def __init__(
        self,
        service: S,
        inherited_fds: Sequence[int] = (),
        *,
        start_program: Callable[[Program, Sequence[int]], ChildProcess] = spawn,
    ) -> None:
        self.service = service
        self._inherited_fds = inherited_fds
        self._start_program = start_program
        self._program: Program | None = None
        self._process: ChildProcess | None = None

    @property
    def name(self) -> str:
        return self.service.name

    @property
    def log_path(self) -> Path | None:
        return self.service.log_path

    @property
    def pid(self) -> int:
        """Process id of the latest start."""
        return self._started().pid

    @property
    def exit_code(self) -> int | None:
        """Exit code of the latest start, negative for a signal; None while it runs."""
        return self._started().poll()

    def is_running(self) -> bool:
        """Return whether the process was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def trim_log(self, limits: LogLimits) -> None:
        """Keep the log of a server small; a role does that itself."""
        program = self._program
        if program is not None and program.log_path is not None and not program.opens_log:
            trim(program.log_path, limits)

    def start(self) -> None:
        """Start the process and return at once."""
        self.service.prepare()
        self._program = self.service.program()
        self._process = self._start_program(self._program, self._inherited_fds)

    def is_ready(self) -> bool:
        """Return whether the process runs and is ready."""
        return self.is_running() and self.service.is_ready(self.pid)

    def wait_ready(self) -> None:
        """Wait until the process is ready; ServerError when it is not in time.

        A process that ends is started again a few times, because shared memory or a port of a
        killed predecessor may not be free at once.
        """
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        attempts = 1
        while not self.is_ready():
            if time.monotonic() > deadline:
                raise ServerError(f"{self.name} is not ready: {log_tail(self.log_path)}")
            if not self.is_running():
                if attempts == MAX_START_ATTEMPTS:
                    raise ServerError(f"{self.name} did not start: {log_tail(self.log_path)}")
                attempts += 1
                time.sleep(RETRY_SECONDS)
                self.start()
            time.sleep(POLL_SECONDS)

    def kill(self) -> None:
        """Kill -9 and wait until the process is gone."""
        process = self._started()
        process.kill()
        process.wait()

    def restart(self) -> None:
        """Stop the process when it runs, start it again, and wait until it is ready."""
        self.stop()
        self.start()
        self.wait_ready()

    def ask_to_stop(self) -> None:
        """Send the signal for a clean stop and return at once."""
        if self._program and self.is_running():
            self._started().send_signal(self._program.stop_signal)

    def stop(self, timeout_seconds: float = STOP_TIMEOUT_SECONDS) -> None:
        """Stop the process cleanly, and kill it after the time-out."""
        if self._process is None:
            return
        self.ask_to_stop()
        try:
            self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def _started(self) -> ChildProcess:
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process


def describe_exit(exit_code: int) -> str:
    """Return how a process ended as text, such as `exit code 1` or `SIGKILL`."""
    if exit_code >= 0:
        return f"exit code {exit_code}"
    return signal.Signals(-exit_code).name
