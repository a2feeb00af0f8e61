"""The command line: help without imports, one clear line for what is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.waiting import PATIENCE_SECONDS

TRADEWIND = Path(sys.executable).with_name("tradewind")


def tradewind(
    *arguments: str, directory: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with a data directory of its own."""
    return subprocess.run(
        [str(TRADEWIND), *arguments],
        env=os.environ | {"TRADEWIND_DATA_DIR": str(directory)} | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def test_help_lists_every_command(tmp_path: Path) -> None:
    completed = tradewind("--help", directory=tmp_path)
    assert completed.returncode == 0
    for command in ("up", "status", "worker", "gateway", "migrate", "demo", "dlq"):
        assert f"\n  {command} " in completed.stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "line"),
    [
        (["up"], {"TRADEWIND_MAX_SLIPPAGE": "abc"}, "TRADEWIND_MAX_SLIPPAGE is wrong"),
        (["up"], {"MAX_NOTIONAL_USD": "-1"}, "MAX_NOTIONAL_USD is wrong"),
        (["up"], {"TRADEWIND_RELAY_AFTER_SECONDS": "3"}, "TRADEWIND_RELAY_AFTER_SECONDS is wrong"),
        (["up"], {"TRADEWIND_MAX_OPEN_SLOTS": "0"}, "TRADEWIND_MAX_OPEN_SLOTS is wrong"),
        (["up"], {"TRADEWIND_GATEWAY_PORT": "70000"}, "TRADEWIND_GATEWAY_PORT is wrong"),
        (["up", "--data-dir", "/proc/nowhere"], {}, "data directory /proc/nowhere"),
        (["worker", "planner"], {}, "TRADEWIND_NATS_URL is not set"),
        (["gateway"], {}, "TRADEWIND_REDIS_URL is not set"),
        (["migrate"], {}, "TRADEWIND_POSTGRES_DSN is not set"),
    ],
)
def test_a_wrong_setting_is_one_line_and_exit_code_2(
    arguments: list[str], environment: dict[str, str], line: str, tmp_path: Path
) -> None:
    completed = tradewind(*arguments, directory=tmp_path, **environment)
    assert completed.returncode == 2
    assert completed.stdout == ""
    assert len(completed.stderr.splitlines()) == 1
    assert completed.stderr.startswith(f"tradewind: {line}")


def test_status_without_a_platform_says_how_to_start_one(tmp_path: Path) -> None:
    completed = tradewind("status", "--json", directory=tmp_path)
    assert (completed.returncode, completed.stdout) == (1, "")
    assert completed.stderr.splitlines() == [
        f"tradewind: no platform runs on {tmp_path}: start one with `tradewind up`"
    ]
