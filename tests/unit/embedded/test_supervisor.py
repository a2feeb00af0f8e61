"""The supervisor starts again what ended, waits longer each time, and says so once."""

import signal
from pathlib import Path
from typing import Any, cast

import pytest

from tradewind.errors import ConfigurationError
from tradewind.log_file import LogLimits
from tradewind.operations.processes.supervisor import (
    FIRST_BACKOFF_SECONDS,
    MAX_BACKOFF_SECONDS,
    STABLE_SECONDS,
    AnyProcess,
    Supervisor,
)


class StubProcess:
    """A process whose life the test decides."""

    name = "planner"
    log_path: Path | None = None

    def __init__(self) -> None:
        self.exit_code: int | None = None
        self.starts = 0
        self.ready = True

    def trim_log(self, limits: LogLimits) -> None:
        self.trimmed = limits

    def start(self) -> None:
        self.starts += 1
        self.exit_code = None

    def is_ready(self) -> bool:
        return self.ready


class SupervisorHarness:
    """A supervisor of one process, with what it said and a clock of its own."""

    def __init__(self) -> None:
        self.process = StubProcess()
        self.said: list[str] = []
        self.now = 1_000.0
        self.supervisor = Supervisor([cast(AnyProcess, self.process)], say=self.said.append)
        self.look()

    def look(self, later_seconds: float = 0.0) -> None:
        self.now += later_seconds
        self.supervisor.check(self.now)

    @property
    def state(self) -> Any:
        return self.supervisor.states()["planner"]


def test_a_ready_process_runs() -> None:
    harness = SupervisorHarness()
    assert harness.state == "running"
    assert harness.supervisor.is_ready()


def test_an_ended_process_starts_again_after_the_backoff() -> None:
    harness = SupervisorHarness()
    harness.process.exit_code = -signal.SIGKILL
    harness.look()
    assert harness.state == "restarting"
    harness.look(FIRST_BACKOFF_SECONDS / 2)
    assert harness.process.starts == 0
    harness.look(FIRST_BACKOFF_SECONDS)
    harness.look()
    assert (harness.process.starts, harness.state) == (1, "running")
    assert harness.said == ["planner ended (SIGKILL), restarting", "planner is back"]


def test_the_backoff_doubles_up_to_a_limit_and_the_rest_is_silence() -> None:
    harness = SupervisorHarness()
    harness.process.ready = False
    waits = []
    for _ in range(30):
        harness.process.exit_code = 1
        harness.look()
        starts = harness.process.starts
        waited = 0.0
        while harness.process.starts == starts:
            harness.look(0.1)
            waited += 0.1
        waits.append(round(waited, 1))
    assert waits[:4] == [0.2, 0.4, 0.8, 1.6]
    assert max(waits) == pytest.approx(MAX_BACKOFF_SECONDS, abs=0.2)
    assert harness.said == ["planner ended (exit code 1), restarting"]


def test_a_long_life_forgets_the_backoff() -> None:
    harness = SupervisorHarness()
    for _ in range(2):
        harness.process.exit_code = 1
        harness.look(STABLE_SECONDS + 1)
        harness.look(FIRST_BACKOFF_SECONDS)
        harness.look()
        assert harness.state == "running"
    assert len(harness.said) == 4


def test_a_wrong_setting_at_the_first_start_ends_everything() -> None:
    process = StubProcess()
    process.exit_code = 2
    supervisor = Supervisor([cast(AnyProcess, process)], say=print)
    with pytest.raises(ConfigurationError, match="planner"):
        supervisor.check(0.0)
