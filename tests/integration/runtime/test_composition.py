"""`python -m actors`: settings are checked before anything else, signals end it cleanly."""

import os
import subprocess
import sys
import tempfile

import pytest

from tests.support.waiting import PATIENCE_SECONDS


def run_actors(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as empty:
        return subprocess.run(
            [sys.executable, "-m", "actors", *arguments],
            env=os.environ | {"TRADEWIND_DATA_DIR": empty} | environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )


@pytest.mark.parametrize(
    ("environment", "variable"),
    [
        ({}, "TRADEWIND_NATS_URL"),
        ({"TRADEWIND_NATS_URL": "http://x"}, "TRADEWIND_NATS_URL"),
    ],
)
def test_a_wrong_setting_is_one_line(environment: dict[str, str], variable: str) -> None:
    ended = run_actors("planner", **environment)
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith("tradewind: ")
    assert variable in line


def test_an_unknown_role_is_refused() -> None:
    ended = run_actors("astrologer")
    assert ended.returncode == 2
    assert "astrologer" in ended.stderr
