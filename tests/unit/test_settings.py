"""Every setting keeps its variable, its default and its bounds, and is read by those who use it."""

import itertools
from pathlib import Path

import pytest
from click.testing import CliRunner

from actors.__main__ import load_settings
from tests.settings import Settings
from tests.test_tidy import PRODUCT
from tradewind.errors import ConfigurationError
from tradewind.operations.cli import command_line
from tradewind.operations.codegen.settings_table import classes, own_fields
from tradewind.settings import (
    NatsSettings,
    OwnedSettings,
    PostgresSettings,
    ProcessSettings,
    RedisSettings,
    combined,
    load,
)

ADDRESSES = {
    "TRADEWIND_NATS_URL": "nats://127.0.0.1:1",
    "TRADEWIND_POSTGRES_DSN": "postgresql://127.0.0.1:1/none",
    "TRADEWIND_REDIS_URL": "redis://127.0.0.1:1",
}
NEEDED = {
    "feeds": {"TRADEWIND_NATS_URL"},
    "enricher": {"TRADEWIND_NATS_URL", "TRADEWIND_POSTGRES_DSN"},
    "evaluator": {"TRADEWIND_NATS_URL", "TRADEWIND_POSTGRES_DSN"},
    "desk": {"TRADEWIND_NATS_URL", "TRADEWIND_POSTGRES_DSN"},
    "risk": {"TRADEWIND_NATS_URL", "TRADEWIND_POSTGRES_DSN"},
    "planner": {"TRADEWIND_NATS_URL", "TRADEWIND_POSTGRES_DSN"},
    "market": {"TRADEWIND_NATS_URL"},
    "orchestrator": {"TRADEWIND_NATS_URL", "TRADEWIND_POSTGRES_DSN"},
    "sweeper": {"TRADEWIND_NATS_URL", "TRADEWIND_POSTGRES_DSN"},
    "treasury": {"TRADEWIND_NATS_URL", "TRADEWIND_POSTGRES_DSN"},
    "recorder": {"TRADEWIND_NATS_URL", "TRADEWIND_POSTGRES_DSN"},
    "backtester": {"TRADEWIND_NATS_URL", "TRADEWIND_POSTGRES_DSN"},
    "strategist": {"TRADEWIND_NATS_URL"},
    "coordinator": set(ADDRESSES),
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Start without any address, and without a platform that could tell one."""
    monkeypatch.setenv("TRADEWIND_DATA_DIR", str(tmp_path))
    for name in ADDRESSES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize("role", NEEDED)
def test_a_role_demands_the_addresses_it_uses_and_no_others(
    role: str, environment: pytest.MonkeyPatch
) -> None:
    for name in NEEDED[role]:
        environment.setenv(name, ADDRESSES[name])
    assert load_settings([role]).worker_concurrency == 64
    for name in NEEDED[role]:
        environment.delenv(name)
        with pytest.raises(ConfigurationError, match=f"{name} is not set"):
            load_settings([role])
        environment.setenv(name, ADDRESSES[name])


def test_a_process_of_several_roles_reads_what_each_of_them_reads(
    environment: pytest.MonkeyPatch,
) -> None:
    for name, address in ADDRESSES.items():
        environment.setenv(name, address)
    environment.setenv("TRADEWIND_LEDGER_LEASE_SECONDS", "7")
    environment.setenv("MAX_SLIPPAGE", "0.25")
    settings = load_settings(["coordinator", "risk"])
    assert settings.model_dump()["ledger_lease_seconds"] == 7
    assert str(settings.model_dump()["max_slippage"]) == "0.25"


@pytest.mark.parametrize(
    ("kind", "name", "value", "complaint"),
    [
        (NatsSettings, "TRADEWIND_NATS_URL", "http://x", "should match pattern"),
        (PostgresSettings, "TRADEWIND_POSTGRES_DSN", "mysql://x", "must start with postgresql://"),
        (RedisSettings, "TRADEWIND_REDIS_URL", "http://x", "must start with redis://"),
        (ProcessSettings, "TRADEWIND_LOG_LEVEL", "LOUD", "should be"),
        (ProcessSettings, "TRADEWIND_SHUTDOWN_TIMEOUT_SECONDS", "0", "greater than or equal"),
    ],
)
def test_a_wrong_value_is_named_in_every_combination(
    kind: type[OwnedSettings],
    name: str,
    value: str,
    complaint: str,
    environment: pytest.MonkeyPatch,
) -> None:
    for other, address in ADDRESSES.items():
        environment.setenv(other, address)
    environment.setenv(name, value)
    every = combined(NatsSettings, PostgresSettings, RedisSettings, ProcessSettings)
    for one in (kind, every, Settings):
        with pytest.raises(ConfigurationError, match=f"{name} is wrong: .*{complaint}"):
            load(one)


@pytest.mark.parametrize(
    ("command", "needed"),
    [
        (("migrate",), ["TRADEWIND_POSTGRES_DSN"]),
        (("quarantine", "list"), ["TRADEWIND_POSTGRES_DSN"]),
        (("dlq", "list"), ["TRADEWIND_POSTGRES_DSN"]),
        (("stalled",), ["TRADEWIND_POSTGRES_DSN"]),
        (("provision",), ["TRADEWIND_POSTGRES_DSN", "TRADEWIND_NATS_URL"]),
        (("rebuild",), ["TRADEWIND_POSTGRES_DSN", "TRADEWIND_REDIS_URL"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_a_command_demands_the_addresses_it_uses_and_no_others(
    command: tuple[str, ...], needed: list[str], environment: pytest.MonkeyPatch
) -> None:
    """Given all but one of what it needs, it names that; given all, it finds nobody there."""
    for name in needed:
        outcome = CliRunner().invoke(command_line, command)
        assert isinstance(outcome.exception, ConfigurationError), outcome
        assert str(outcome.exception).startswith(f"{name} is not set")
        environment.setenv(name, ADDRESSES[name])
    outcome = CliRunner().invoke(command_line, command)
    assert outcome.exception is not None
    assert not isinstance(outcome.exception, ConfigurationError), outcome.exception


def test_classes_are_made_so_that_any_of_them_can_be_combined() -> None:
    kinds = product_classes()
    for kind in kinds:
        if kind.__bases__ != (OwnedSettings,):
            direct = [base.__name__ for base in kind.__mro__ if base.__bases__ == (OwnedSettings,)]
            assert direct == sorted(direct), kind
            assert all(issubclass(base, OwnedSettings) for base in kind.__bases__), kind
    for pair in itertools.combinations(kinds, 2):
        assert all(issubclass(combined(*pair), kind) for kind in pair)
    every = combined(*kinds)
    assert all(issubclass(every, kind) for kind in kinds)


def test_no_field_is_declared_twice() -> None:
    owners: dict[str, list[str]] = {}
    for kind in [*Settings.__mro__, *_subclasses(OwnedSettings)]:
        if issubclass(kind, OwnedSettings):
            for field in vars(kind).get("__annotations__", {}):
                owners.setdefault(field, []).append(kind.__qualname__)
    assert not {field: kinds for field, kinds in owners.items() if len(set(kinds)) > 1}


def test_every_setting_is_in_the_table_once_and_has_a_meaning() -> None:
    listed = [name for kind in classes() for name in own_fields(kind)]
    declared = {name for kind in product_classes() for name in kind.model_fields}
    assert sorted(listed) == sorted(declared)
    assert not [
        f"{kind.__name__}.{name}"
        for kind in classes()
        for name, field in own_fields(kind).items()
        if not field.description
    ]


def test_classes_are_named_so_that_the_table_finds_them() -> None:
    assert not [kind for kind in product_classes() if not kind.__name__.endswith("Settings")]


def product_classes() -> list[type[OwnedSettings]]:
    return [
        kind
        for kind in dict.fromkeys(_subclasses(OwnedSettings))
        if kind.__module__.split(".")[0] in PRODUCT and kind.__name__ != "CombinedSettings"
    ]


def _subclasses(kind: type[OwnedSettings]) -> list[type[OwnedSettings]]:
    return [one for child in kind.__subclasses__() for one in (child, *_subclasses(child))]


def test_a_file_of_a_secret_is_read_where_the_environment_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "TRADEWIND_POSTGRES_DSN").write_text("postgresql://risk:from-a-file@db/tradewind\n")
    monkeypatch.setenv("TRADEWIND_SECRETS_DIR", str(tmp_path))
    found = load(PostgresSettings).postgres_dsn.get_secret_value()
    assert found == "postgresql://risk:from-a-file@db/tradewind"
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", "postgresql://environment")
    assert load(PostgresSettings).postgres_dsn.get_secret_value() == "postgresql://environment"


def test_a_secret_that_is_wrong_is_named_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "TRADEWIND_POSTGRES_DSN").write_text("mysql://risk:from-a-file@db")
    monkeypatch.setenv("TRADEWIND_SECRETS_DIR", str(tmp_path))
    with pytest.raises(ConfigurationError, match="TRADEWIND_POSTGRES_DSN") as raised:
        load(PostgresSettings)
    assert "from-a-file" not in str(raised.value)


def test_a_directory_of_secrets_that_is_missing_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEWIND_SECRETS_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigurationError, match="TRADEWIND_SECRETS_DIR"):
        load(PostgresSettings)
