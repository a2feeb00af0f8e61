"""`tradewind up`: everything comes up, what is killed comes back, nothing is left behind."""

import json
import os
import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.embedded.test_command_line import TRADEWIND, tradewind
from tests.support.directories import open_directory
from tests.support.process_memory import found_in_memory
from tests.support.waiting import block_until
from tests.unit.test_metrics_page import METRIC_NAME, expressions
from tradewind.operations.embedded.devchain.accounts import TRADER_KEY

DEADLINE_SECONDS = 180.0
ROLES = {
    "gateway",
    "feeds",
    "enricher",
    "evaluator",
    "desk",
    "risk",
    "portfolio",
    "planner",
    "orchestrator",
    "coordinator",
    "market",
    "sweeper",
    "treasury",
    "historian",
    "recorder",
    "backtester",
}
SERVERS = {"nats", "postgres", "redis"}


class Platform:
    """A platform run by `tradewind up` in a process of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with (self.directory / "up.log").open("ab") as log:
            return subprocess.Popen(
                [str(TRADEWIND), "up", "--data-dir", str(self.directory), "--port", "0"],
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def start_again(self) -> None:
        """Run `tradewind up` on the same data directory and wait until it is ready."""
        self.process = self._start()
        self.wait_ready()

    def status(self) -> dict[str, Any]:
        """Return what `tradewind status --json` prints; empty while nothing runs."""
        completed = tradewind("status", "--json", directory=self.directory)
        return dict(json.loads(completed.stdout)) if completed.returncode == 0 else {}

    def pids(self) -> dict[str, int]:
        """Return the process id of every role and server."""
        status = self.status()
        pids = {role["role"]: role["pid"] for role in status["roles"]}
        return pids | {server["name"]: server["pid"] for server in status["servers"]}

    def wait_ready(self) -> None:
        """Wait until everything does its work."""
        block_until(lambda: self.process.poll() is not None or self._is_ready())
        assert self._is_ready(), (self.directory / "up.log").read_text()

    def _is_ready(self) -> bool:
        return self.status().get("state") == "ready"


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with open_directory("tests") as directory:
        platform = Platform(directory)
        try:
            platform.wait_ready()
            yield platform
        finally:
            platform.process.terminate()
            platform.process.wait(DEADLINE_SECONDS)


def test_status_tells_every_address_pid_and_state(platform: Platform) -> None:
    status = platform.status()
    assert status["pid"] == platform.process.pid
    assert status["nats"]["url"].startswith("nats://")
    assert status["postgres"]["dsn"].startswith("postgresql://")
    assert status["redis"]["url"].startswith("redis://")
    assert {role["role"] for role in status["roles"]} == ROLES
    has_chain = status["chain"]["venue"] == "uniswap_v3"
    chain = {"anvil"} if has_chain else set()
    assert status["provider"]["name"] == "simulated"
    assert {server["name"] for server in status["servers"]} == SERVERS | chain | {"hyperliquid"}
    assert {process["state"] for process in status["roles"] + status["servers"]} == {"running"}
    with urllib.request.urlopen(status["gateway"]["url"] + "/health") as response:
        assert response.status == 200


def test_every_process_serves_metrics_and_together_all_that_is_asked_for(
    platform: Platform,
) -> None:
    """Dashboards and alerts ask for nothing that no process of a real platform serves."""
    served: set[str] = set()
    for role in platform.status()["roles"]:
        with urllib.request.urlopen(role["metrics_url"]) as response:
            served |= set(re.findall(r"^# TYPE (\w+) ", response.read().decode(), re.MULTILINE))
        with urllib.request.urlopen(role["metrics_url"].replace("/metrics", "/ready")) as response:
            assert json.load(response)["status"] == "ready"
    asked = {name for one in expressions() for name in METRIC_NAME.findall(one)}
    assert asked
    assert {re.sub(r"_(bucket|count|sum)$", "", name) for name in asked} <= served


def test_a_second_up_on_the_same_data_is_refused_in_one_line(platform: Platform) -> None:
    completed = tradewind("up", directory=platform.directory)
    assert completed.returncode == 1
    assert completed.stderr.splitlines() == [
        f"tradewind: {platform.directory} is in use by process {platform.process.pid}: "
        "stop it, or choose another --data-dir"
    ]


def test_an_explicit_port_in_use_is_refused_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        completed = tradewind("up", "--port", str(port), directory=tmp_path)
    assert completed.returncode == 2
    assert completed.stderr.splitlines() == [
        f"tradewind: TRADEWIND_GATEWAY_PORT: cannot listen on 127.0.0.1:{port}: "
        "Address already in use"
    ]


def test_only_the_orchestrator_has_a_key(platform: Platform) -> None:
    pids = platform.pids()
    with_key = {role for role in ROLES if found_in_memory(pids[role], [TRADER_KEY])}
    assert with_key == ({"orchestrator"} if "anvil" in pids else set())
    assert "WALLET_KEY" not in (platform.directory / "platform.json").read_text()


@pytest.mark.parametrize("name", ["planner", "nats", "postgres", "redis", "anvil"])
def test_a_killed_process_comes_back(platform: Platform, name: str) -> None:
    if name not in platform.pids():
        pytest.skip("no Node.js, no chain")
    before = platform.pids()[name]
    os.kill(before, signal.SIGKILL)
    block_until(lambda: platform.pids()[name] != before)
    platform.wait_ready()


def test_a_broker_that_lost_its_store_gets_its_streams_back(platform: Platform) -> None:
    before = platform.pids()["nats"]
    store = platform.directory / "nats" / "jetstream"
    store.rename(store.with_name("lost"))
    os.kill(before, signal.SIGKILL)
    block_until(lambda: platform.pids()["nats"] != before)
    block_until(lambda: (store / "$G/streams/EVENTS").exists())
    platform.wait_ready()


def test_no_password_is_shown_in_the_list_of_processes_or_readable_by_others(
    platform: Platform,
) -> None:
    stored = json.loads((platform.directory / "credentials.json").read_text())
    secrets = [password for server in stored.values() for password in server.values()]
    shown = [
        Path("/proc", str(pid), "cmdline").read_bytes().decode()
        for pid in [*platform.pids().values(), platform.process.pid]
    ]
    shown += [log.read_text() for log in (platform.directory / "logs").glob("*.log")]
    shown += [json.dumps(platform.status()), (platform.directory / "up.log").read_text()]
    assert not [text[:80] for text in shown if any(secret in text for secret in secrets)]
    with_secrets = [
        path
        for path in platform.directory.rglob("*")
        if path.is_file() and any(secret.encode() in path.read_bytes() for secret in secrets)
    ]
    assert {path.name for path in with_secrets} == {
        *("credentials.json", "platform.json", "nats-server.conf")
    }
    assert not [path for path in with_secrets if path.stat().st_mode & 0o077]


def test_every_process_has_the_logins_of_its_role_and_no_others(platform: Platform) -> None:
    """Neither in the list of processes nor in memory: what forked them never had any of them."""
    stored = json.loads((platform.directory / "credentials.json").read_text())
    names = {password: name for server in stored.values() for name, password in server.items()}
    pids = platform.pids()
    # The simulated provider prices by the pools, which it reads with the login of the feed.
    for name_of_process, login in (("planner", "planner"), ("hyperliquid", "feeds")):
        found = found_in_memory(pids[name_of_process], names)
        assert {names[password] for password in found} == {login}
    server = psutil.Process(pids["planner"]).ppid()
    assert server != platform.process.pid
    assert found_in_memory(server, names) == set()
    environments = [Path("/proc", str(pids[role]), "environ").read_bytes() for role in ROLES]
    assert not [one for one in environments if any(password.encode() in one for password in names)]


def test_a_worker_that_joins_logs_in_as_its_role(platform: Platform) -> None:
    """Given two roles in one command, then each runs in a process with its own logins only."""
    stored = json.loads((platform.directory / "credentials.json").read_text())["nats"]
    environment = os.environ | {"TRADEWIND_DATA_DIR": str(platform.directory)}
    worker = subprocess.Popen(
        [str(TRADEWIND), "worker", "risk", "planner"], env=environment, stderr=subprocess.DEVNULL
    )

    def roles() -> dict[str, int]:
        """Return the process id of each role."""
        below = psutil.Process(worker.pid).children(recursive=True)
        return {
            role: one.pid for one in below for role in ("risk", "planner") if role in one.cmdline()
        }

    def logins(pid: int) -> set[str]:
        found = found_in_memory(pid, stored.values())
        return {name for name, password in stored.items() if password in found}

    try:
        block_until(lambda: len(roles()) == 2)
        for role, pid in roles().items():
            block_until(partial(logins, pid))
            assert logins(pid) == {role}
    finally:
        worker.terminate()
        assert worker.wait(DEADLINE_SECONDS) == 0


def test_kill_9_leaves_no_orphan_and_the_next_start_finds_its_ports(platform: Platform) -> None:
    addresses = [platform.status()[name] for name in ("nats", "postgres", "redis")]
    pids = platform.pids().values()
    platform.process.kill()
    platform.process.wait()
    block_until(lambda: not any(Path("/proc", str(pid)).exists() for pid in pids))

    platform.start_again()

    assert [platform.status()[name] for name in ("nats", "postgres", "redis")] == addresses


def test_sigterm_stops_everything(platform: Platform) -> None:
    pids = platform.pids().values()
    platform.process.terminate()
    assert platform.process.wait(DEADLINE_SECONDS) == 0
    assert not any(Path("/proc", str(pid)).exists() for pid in pids)
    assert platform.status() == {}
