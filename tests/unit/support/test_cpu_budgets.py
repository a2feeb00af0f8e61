"""What a distance of tests costs is counted with everything it starts, and held to its budget."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.support import cpu_budgets
from tests.support.cpu_budgets import (
    BUDGET_CPU_SECONDS,
    REFERENCE_SECONDS,
    CpuMeter,
    CpuReport,
    cpu_seconds,
    distance_of,
    over_budget,
)
from tests.test_tidy import ROOT, python_files

BURN = "import time\nwhile time.process_time() < 0.3: pass"
HANG = f"{BURN}\nprint(flush=True)\ntime.sleep(60)"


@pytest.fixture(autouse=True)
def _budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_budgets, "BUDGET_CPU_SECONDS", {"unit": 10.0})


def report_of(seconds: float, loop_seconds: float = REFERENCE_SECONDS) -> CpuReport:
    meter = CpuMeter()
    meter.seconds["tests/unit/test_a.py"] = seconds
    meter.loops = [loop_seconds]
    return CpuReport(meter, hold=True)


def finished(report: CpuReport) -> int:
    session = SimpleNamespace(exitstatus=pytest.ExitCode.OK)
    report.pytest_sessionfinish(cast(Any, session))
    return int(session.exitstatus)


def test_a_child_that_ended_counts() -> None:
    before = cpu_seconds()
    subprocess.run([sys.executable, "-c", BURN], check=True)
    assert round(cpu_seconds() - before, 2) >= 0.29


def test_a_child_that_runs_counts() -> None:
    before = cpu_seconds()
    with subprocess.Popen([sys.executable, "-c", HANG], stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        used = cpu_seconds() - before
        child.kill()
    assert round(used, 2) >= 0.29


@pytest.mark.parametrize(
    ("path", "distance"),
    [
        ("tests/unit/runtime/test_actor.py", "unit"),
        ("tests/chaos/test_chaos.py", "chaos"),
        ("tests/test_tidy.py", "house"),
    ],
)
def test_the_folder_is_the_distance(path: str, distance: str) -> None:
    assert distance_of(path) == distance


def test_within_the_budget_nothing_is_said() -> None:
    report = report_of(9.9)
    assert (finished(report), report.too_expensive) == (pytest.ExitCode.OK, [])


def test_over_the_budget_the_run_fails_and_says_what_to_do() -> None:
    report = report_of(10.1)
    assert finished(report) == pytest.ExitCode.TESTS_FAILED
    (sentence,) = report.too_expensive
    assert sentence.startswith(
        "unit tests used 10 CPU seconds, 10 are allowed here: share a server"
    )


def test_a_slower_machine_may_use_more() -> None:
    assert finished(report_of(19.9, 2 * REFERENCE_SECONDS)) == pytest.ExitCode.OK
    assert finished(report_of(20.1, 2 * REFERENCE_SECONDS)) == pytest.ExitCode.TESTS_FAILED


def test_what_workers_measured_is_added() -> None:
    report = report_of(6.0)
    output = {"cpu_seconds": {"tests/unit/test_b.py": 5.0}, "reference_loops": [REFERENCE_SECONDS]}
    report.pytest_testnodedown(SimpleNamespace(workeroutput=output))
    report.pytest_testnodedown(SimpleNamespace())
    assert report.by_distance() == {"unit": 11.0}
    assert finished(report) == pytest.ExitCode.TESTS_FAILED


def test_a_distance_without_a_budget_may_use_anything() -> None:
    assert list(over_budget({"elsewhere": 1e9}, slowness=1.0)) == []


def test_every_distance_has_a_budget() -> None:
    files = (str(path.relative_to(ROOT)) for path in python_files("tests"))
    tests = [file for file in files if Path(file).name.startswith("test_")]
    assert {distance_of(file) for file in tests} <= set(BUDGET_CPU_SECONDS)
