"""Failpoints act in the process that reaches them, on the arrival they were set for."""

import os
import signal
import subprocess
import sys

import pytest

from tradewind import failpoints
from tradewind.errors import ConfigurationError

PROGRAM = """
from tradewind.failpoints import failpoint
for _ in range(3):
    failpoint("journal.claimed")
    failpoint("another.place")
    print("passed", flush=True)
"""


def run(setting: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {failpoints.VARIABLE: setting}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("setting", "exit_code", "passed"),
    [
        ("", 0, 3),
        ("somewhere.else=kill", 0, 3),
        ("journal.claimed=kill", -signal.SIGKILL, 0),
        ("journal.claimed=kill:3", -signal.SIGKILL, 2),
        (" journal.claimed=sleep:1 ; another.place=kill:2;", -signal.SIGKILL, 1),
        ("journal.claimed=raise:2", 1, 1),
    ],
)
def test_a_failpoint_acts_on_its_arrival(setting: str, exit_code: int, passed: int) -> None:
    ended = run(setting)
    assert (ended.returncode, ended.stdout.count("passed")) == (exit_code, passed)


@pytest.mark.parametrize(
    "setting",
    ["x", "=kill", "x=die", "x=kill:0", "x=kill:-1", "x=raise:0", "x=sleep", "x=sleep:soon"],
)
def test_what_cannot_be_read_is_refused(setting: str) -> None:
    with pytest.raises(ConfigurationError, match=failpoints.VARIABLE):
        failpoints.parse(setting)
