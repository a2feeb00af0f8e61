"""Restarts processes that end, with backoff, and logs an outage once."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tradewind.errors import ConfigurationError
from tradewind.log_file import LogLimits
from tradewind.operations.processes.child import last_line
from tradewind.operations.processes.process import ServiceProcess, describe_exit
from tradewind.operations.processes.runtime_file import ProcessState
from tradewind.operations.processes.signals import StopRequests

POLL_SECONDS: Final = 0.5
STARTING_POLL_SECONDS: Final = 0.05
FIRST_BACKOFF_SECONDS: Final = 0.2
MAX_BACKOFF_SECONDS: Final = 10.0
MAX_DOUBLINGS: Final = 10
STABLE_SECONDS: Final = 10.0
"""After running this long, a process starts with no backoff when it next ends."""
CONFIGURATION_EXIT_CODE: Final = 2

DEFAULT_LOG_LIMITS: Final = LogLimits()

type AnyProcess = ServiceProcess[Any]


@dataclass
class Watched:
    """A process and its state; times are on the monotonic clock."""

    process: AnyProcess
    state: ProcessState = "starting"
    failures: int = 0
    announced: bool = False
    start_at: float = 0.0
    running_since: float = 0.0

    @property
    def was_ready(self) -> bool:
        """Whether it was ready at least once."""
        return self.running_since > 0


class Supervisor:
    """Supervises processes that were started already."""

    def __init__(
        self,
        processes: Sequence[AnyProcess],
        *,
        say: Callable[[str], None],
        on_change: Callable[[], None] = lambda: None,
        log_limits: LogLimits = DEFAULT_LOG_LIMITS,
    ) -> None:
        self.watched = [Watched(process) for process in processes]
        self._say = say
        self._on_change = on_change
        self._log_limits = log_limits

    def states(self) -> dict[str, ProcessState]:
        """Return the state of every process by its name."""
        return {watched.process.name: watched.state for watched in self.watched}

    def is_ready(self) -> bool:
        """Return whether every process is ready."""
        return all(watched.state == "running" for watched in self.watched)

    def run(self, requests: StopRequests, until: Callable[[], bool] = lambda: False) -> None:
        """Supervise the processes until a stop is requested or `until` returns True."""
        while not requests and not until():
            if self.check(time.monotonic()):
                self._on_change()
            else:
                requests.wait(POLL_SECONDS if self.is_ready() else STARTING_POLL_SECONDS)

    def check(self, now: float) -> bool:
        """Check every process and its log once; return whether any state changed."""
        for watched in self.watched:
            watched.process.trim_log(self._log_limits)
        changes = [self._check(watched, now) for watched in self.watched]
        return any(changes)

    def _check(self, watched: Watched, now: float) -> bool:
        if watched.state == "restarting":
            return self._start_again(watched, now)
        if watched.process.exit_code is not None:
            self._plan_restart(watched, now)
            return True
        if watched.state == "starting" and watched.process.is_ready():
            self._note_running(watched, now)
            return True
        return False

    def _start_again(self, watched: Watched, now: float) -> bool:
        if now < watched.start_at:
            return False
        watched.process.start()
        watched.state = "starting"
        return True

    def _plan_restart(self, watched: Watched, now: float) -> None:
        process, exit_code = watched.process, watched.process.exit_code or 0
        if exit_code == CONFIGURATION_EXIT_CODE and not watched.was_ready:
            said = last_line(process.log_path).removeprefix("tradewind: ")
            raise ConfigurationError(f"{process.name}: {said}")
        if watched.state == "running" and now - watched.running_since > STABLE_SECONDS:
            watched.failures = 0
        if watched.failures == 0:
            where = f", log: {process.log_path}" if process.log_path else ""
            watched.announced = True
            self._say(f"{process.name} ended ({describe_exit(exit_code)}), restarting{where}")
        backoff = FIRST_BACKOFF_SECONDS * 2 ** min(watched.failures, MAX_DOUBLINGS)
        watched.start_at = now + min(backoff, MAX_BACKOFF_SECONDS)
        watched.failures += 1
        watched.state = "restarting"

    def _note_running(self, watched: Watched, now: float) -> None:
        if watched.announced:
            watched.announced = False
            self._say(f"{watched.process.name} is back")
        watched.running_since = now
        watched.state = "running"


def stop_all(
    processes: Sequence[AnyProcess],
    requests: StopRequests,
    timeout_seconds: float,
    say: Callable[[str], None],
) -> None:
    """Ask all to stop; kill those that have not at the time-out or at one more stop request."""
    requests_before = requests.count
    running = [process for process in processes if process.is_running()]
    for process in running:
        process.ask_to_stop()
    deadline = time.monotonic() + timeout_seconds
    while any(process.is_running() for process in running):
        if time.monotonic() > deadline or requests.count > requests_before:
            break
        requests.wait(STARTING_POLL_SECONDS)
    for process in running:
        if process.is_running():
            say(f"{process.name} did not stop in time, killed")
            process.kill()
