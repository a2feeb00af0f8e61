"""A setting that is missing or wrong: one clear line at start, exit code 2."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.waiting import PATIENCE_SECONDS

OWN_PORT = {"TRADEWIND_GATEWAY_PORT": "0"}
"""A platform may run on this machine, on the usual one."""
ADDRESSES = {
    "TRADEWIND_NATS_URL": "nats://127.0.0.1:4",
    "TRADEWIND_POSTGRES_DSN": "postgresql://tradewind@127.0.0.1:5/tradewind",
    "TRADEWIND_REDIS_URL": "redis://127.0.0.1:6/0",
}
WORKER = (sys.executable, "-m", "actors", "planner")
COORDINATOR = (sys.executable, "-m", "actors", "coordinator")
MARKET = (sys.executable, "-m", "actors", "market")
GATEWAY = (sys.executable, "-m", "gateway")
COMMAND = (str(Path(sys.executable).with_name("tradewind")), "worker", "planner")


def start(
    arguments: tuple[str, ...], settings: dict[str, str], directory: Path
) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("TRADEWIND_")
    }
    return subprocess.run(
        arguments,
        env=environment | OWN_PORT | {"TRADEWIND_DATA_DIR": str(directory)} | settings,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        (WORKER, "TRADEWIND_NATS_URL"),
        *((COORDINATOR, name) for name in ADDRESSES),
        (GATEWAY, "TRADEWIND_REDIS_URL"),
        (COMMAND, "TRADEWIND_NATS_URL"),
    ],
)
def test_a_missing_address_is_named_in_one_line(
    arguments: tuple[str, ...], missing: str, tmp_path: Path
) -> None:
    settings = {name: value for name, value in ADDRESSES.items() if name != missing}

    assert_refused(start(arguments, settings, tmp_path), missing)


@pytest.mark.parametrize(
    ("arguments", "name", "value"),
    [
        (WORKER, "TRADEWIND_NATS_URL", "http://127.0.0.1"),
        (COORDINATOR, "TRADEWIND_POSTGRES_DSN", "mysql://root@127.0.0.1/db"),
        (WORKER, "MAX_NOTIONAL_USD", "-1"),
        (WORKER, "MAX_SLIPPAGE", "many"),
        (WORKER, "TRADEWIND_TOKENS_FILE", "/nowhere/tokens.json"),
        (MARKET, "TRADEWIND_MARKET_INTERVAL_MS", "often"),
        (GATEWAY, "TRADEWIND_TOKENS_FILE", "/nowhere/tokens.json"),
        (COMMAND, "TRADEWIND_WORKER_CONCURRENCY", "0"),
    ],
)
def test_a_wrong_value_is_named_in_one_line(
    arguments: tuple[str, ...], name: str, value: str, tmp_path: Path
) -> None:
    refused = start(arguments, ADDRESSES | {name: value}, tmp_path)

    assert_refused(refused, name)
    if name != "TRADEWIND_TOKENS_FILE":
        assert value not in refused.stderr


def assert_refused(process: subprocess.CompletedProcess[str], name: str) -> None:
    assert process.returncode == 2
    assert len(process.stderr.strip().splitlines()) == 1
    assert process.stderr.startswith("tradewind: ")
    assert name in process.stderr
    assert process.stdout == ""
