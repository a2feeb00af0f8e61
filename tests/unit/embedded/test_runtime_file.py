"""The runtime file tells where the platform is, and only while it runs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tradewind.contracts.roles import Role
from tradewind.errors import ConfigurationError
from tradewind.operations.access.addresses import ADDRESS_VARIABLES
from tradewind.operations.access.identities import Identity, identities
from tradewind.operations.processes import runtime_file
from tradewind.operations.processes.lock import data_directory_lock
from tradewind.operations.processes.runtime_file import Addresses, Platform


def _platform(directory: Path, pid: int) -> Platform:
    addresses: dict[str, Addresses] = {
        identity: {
            "nats": f"nats://{identity}:secret@127.0.0.1:4222",
            "postgres": f"postgresql://{identity}:secret@127.0.0.1:5432/tradewind",
            "redis": f"redis://{identity}:secret@127.0.0.1:6379/0",
        }
        for identity in identities()
    }
    own = addresses[Identity.ADMINISTRATOR]
    return {
        "pid": pid,
        "state": "ready",
        "data_dir": str(directory),
        "gateway": {"url": "http://127.0.0.1:8080"},
        "nats": {"url": own["nats"]},
        "postgres": {"dsn": own["postgres"]},
        "chain": {"venue": "simulated"},
        "redis": {"url": own["redis"]},
        "roles": [],
        "servers": [],
        "addresses": addresses,
    }


def test_a_written_platform_is_read_back_by_its_owner_only(tmp_path: Path) -> None:
    platform = _platform(tmp_path, os.getpid())
    runtime_file.write_platform(tmp_path, platform)
    with data_directory_lock(tmp_path):
        assert runtime_file.read_platform(tmp_path) == platform
    assert (tmp_path / runtime_file.RUNTIME_FILE).stat().st_mode & 0o777 == 0o600


def test_a_dead_platform_does_not_run(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    runtime_file.write_platform(tmp_path, _platform(tmp_path, ended.pid))
    with data_directory_lock(tmp_path):
        assert runtime_file.read_platform(tmp_path) is None


def test_a_process_with_the_id_of_a_dead_platform_is_no_platform(tmp_path: Path) -> None:
    runtime_file.write_platform(tmp_path, _platform(tmp_path, os.getpid()))
    assert runtime_file.read_platform(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_a_damaged_file_is_no_platform(tmp_path: Path, content: str) -> None:
    (tmp_path / runtime_file.RUNTIME_FILE).write_text(content)
    with data_directory_lock(tmp_path):
        assert runtime_file.read_platform(tmp_path) is None


def test_the_environment_wins_over_the_running_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime_file.write_platform(tmp_path, _platform(tmp_path, os.getpid()))
    monkeypatch.setenv(runtime_file.DATA_DIRECTORY_VARIABLE, str(tmp_path))
    environment = {"TRADEWIND_NATS_URL": "nats://elsewhere:4222"}
    with data_directory_lock(tmp_path):
        runtime_file.export_addresses(environment, Identity.READER)
    assert environment == {
        "TRADEWIND_NATS_URL": "nats://elsewhere:4222",
        "TRADEWIND_POSTGRES_DSN": "postgresql://reader:secret@127.0.0.1:5432/tradewind",
        "TRADEWIND_REDIS_URL": "redis://reader:secret@127.0.0.1:6379/0",
    }


def test_roles_that_log_in_as_themselves_do_not_share_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime_file.write_platform(tmp_path, _platform(tmp_path, os.getpid()))
    monkeypatch.setenv(runtime_file.DATA_DIRECTORY_VARIABLE, str(tmp_path))
    given = dict.fromkeys(ADDRESS_VARIABLES.values(), "given")
    with data_directory_lock(tmp_path):
        with pytest.raises(ConfigurationError, match="risk and planner log in as themselves"):
            runtime_file.export_addresses({}, Identity(Role.RISK), Identity(Role.PLANNER))
        runtime_file.export_addresses(given, Identity(Role.RISK), Identity(Role.PLANNER))
    assert set(given.values()) == {"given"}


def test_what_is_shown_has_no_password_in_it(tmp_path: Path) -> None:
    platform = _platform(tmp_path, os.getpid())
    shown = runtime_file.without_secrets(platform)
    assert "secret" not in json.dumps(shown)
    assert shown["postgres"] == {"dsn": "postgresql://127.0.0.1:5432/tradewind"}
    assert "secret" in json.dumps(platform)


def test_who_joins_a_platform_trades_where_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = _platform(tmp_path, os.getpid())
    platform["chain"] = {
        "venue": "uniswap_v3",
        "chain_id": 31_337,
        "rpc": "http://127.0.0.1:8545",
        "wallet": "0x00",
        "tokens_file": "tokens.json",
    }
    runtime_file.write_platform(tmp_path, platform)
    monkeypatch.setenv(runtime_file.DATA_DIRECTORY_VARIABLE, str(tmp_path))
    joined: dict[str, str] = {}
    elsewhere = {"TRADEWIND_NATS_URL": "nats://elsewhere:4222"}
    with data_directory_lock(tmp_path):
        runtime_file.export_addresses(joined, Identity(Role.PLANNER))
        runtime_file.export_addresses(elsewhere, Identity(Role.PLANNER))
    chain = {
        "PLATFORM_MOCK_CHAIN": "false",
        "ETH_RPC_URL": "http://127.0.0.1:8545",
        "CHAIN_ID": "31337",
        "TRADEWIND_TOKENS_FILE": "tokens.json",
    }
    assert chain.items() <= joined.items()
    assert not chain.keys() & elsewhere.keys()


def test_the_data_directory_is_found_from_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / runtime_file.DATA_DIRECTORY_NAME
    below = tmp_path / "some" / "where"
    directory.mkdir()
    below.mkdir(parents=True)
    runtime_file.write_platform(directory, _platform(directory, os.getpid()))
    monkeypatch.chdir(below)
    assert runtime_file.find_data_directory() == directory
