"""What a deployment mounts works with the real servers, and nothing of it can be read by others."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import nats
import pytest
import redis
import yaml

from tradewind.contracts.roles import ROLES, Role, ServerName, worker_roles
from tradewind.operations.access.credentials import load_credentials
from tradewind.operations.access.deployment import write_deployment
from tradewind.operations.access.identities import Identity, identities
from tradewind.operations.embedded.nats_server import find_binary
from tradewind.operations.embedded.servers import Servers

COMPOSE = Path(__file__).parents[3] / "compose"
ADDRESSES: dict[ServerName, str] = {
    "nats": "nats://nats:4222",
    "postgres": "postgresql://postgres:5432/tradewind",
    "redis": "redis://redis:6379/0",
}
SHARED_SETTINGS = {
    "TRADEWIND_SIGNAL_POLICY_FILE": {Role.GATEWAY, Role.ENRICHER, Role.DESK},
    "TRADEWIND_STRATEGY_PORTFOLIOS": {Role.GATEWAY, Role.DESK},
    "TRADEWIND_FEATURE_PROFILES_FILE": {Role.ENRICHER},
    "TRADEWIND_MODELS_FILE": {Role.EVALUATOR},
}
METRIC = re.compile(r"tradewind_[a-z_]+")
SUFFIXES = ("_total", "_bucket", "_count", "_sum")


def environment_of(directory: Path, who: str) -> dict[str, str]:
    lines = (directory / f"{who}.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def rendered(servers: Servers, tmp_path: Path) -> Path:
    """Return a deployment's files, with the addresses of the session's servers."""
    addresses: dict[ServerName, str] = {
        name: servers.processes[name].service.address for name in ADDRESSES
    }
    shutil.copy(servers.processes["nats"].service.directory.parent / "credentials.json", tmp_path)
    write_deployment(tmp_path, addresses)
    return tmp_path


def test_passwords_stay_and_files_are_their_owners(tmp_path: Path) -> None:
    paths = write_deployment(tmp_path / "run", ADDRESSES)
    before = {path.name: path.read_text() for path in paths}
    assert write_deployment(tmp_path / "run", ADDRESSES) == paths
    changed = {path.name for path in paths if path.read_text() != before[path.name]}
    assert changed == {"postgres-logins.sql"}  # its salts are new
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700
    for path in paths:
        is_private = path.suffix == ".env" or path.name == "credentials.json"
        assert path.stat().st_mode & 0o777 == (0o600 if is_private else 0o644)


def test_each_environment_has_its_own_passwords_only(tmp_path: Path) -> None:
    write_deployment(tmp_path, ADDRESSES)
    stored = json.loads((tmp_path / "credentials.json").read_text())
    for identity in identities():
        text = (tmp_path / f"{identity}.env").read_text()
        found = {name for server in stored.values() for name in server if server[name] in text}
        assert found == {identity}


@pytest.mark.parametrize("name", ["nats.conf", "nats-cluster.conf"])
def test_the_broker_takes_the_configuration(tmp_path: Path, name: str) -> None:
    write_deployment(tmp_path, ADDRESSES)
    shutil.copy(COMPOSE / "nats" / name, tmp_path / "nats.conf")
    shutil.copy(tmp_path / "nats-users.conf", tmp_path / "users.conf")
    checked = subprocess.run(
        [find_binary(), "-t", "-c", tmp_path / "nats.conf"],
        env={"NATS_SERVER_NAME": "nats"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


async def test_the_environments_let_everybody_in(
    servers: Servers, rendered: Path, database_dsn: str
) -> None:
    owner = await asyncpg.connect(database_dsn)
    await owner.execute((rendered / "postgres-logins.sql").read_text())
    await owner.close()
    for role in ROLES:
        environment = environment_of(rendered, role)
        client = await nats.connect(
            environment["TRADEWIND_NATS_URL"], inbox_prefix=f"_INBOX.{role}", allow_reconnect=False
        )
        await client.close()
    for who in (
        "coordinator",
        "gateway",
        "orchestrator",
        "risk",
        "sweeper",
        "treasury",
        "reader",
        "operator",
    ):
        dsn = environment_of(rendered, who)["TRADEWIND_POSTGRES_DSN"]
        path = urlsplit(database_dsn).path
        connection = await asyncpg.connect(urlsplit(dsn)._replace(path=path).geturl())
        assert await connection.fetchval("SELECT current_user") == who
        await connection.close()
    for who in ("coordinator", "gateway", "reader", "operator"):
        with redis.Redis.from_url(environment_of(rendered, who)["TRADEWIND_REDIS_URL"]) as cache:
            assert cache.ping()


def test_the_cache_server_takes_the_list_as_it_is_written(rendered: Path, servers: Servers) -> None:
    embedded = servers.processes["redis"].service.directory / "users.acl"
    assert (rendered / "users.acl").read_text() == embedded.read_text()


def test_the_logins_made_again_are_the_same_logins(tmp_path: Path) -> None:
    write_deployment(tmp_path, ADDRESSES)
    password = load_credentials(tmp_path).password("postgres", Identity(Role.GATEWAY))
    assert environment_of(tmp_path, "gateway")["TRADEWIND_POSTGRES_DSN"] == (
        f"postgresql://gateway:{password}@postgres:5432/tradewind"
    )


def test_nothing_is_said_twice() -> None:
    """Docker refuses a key that is there twice; this parser would take the last."""
    for path in COMPOSE.glob("docker-compose*.yml"):
        nodes = [yaml.compose(path.read_text(), Loader=yaml.SafeLoader)]
        while nodes:
            node = nodes.pop()
            if isinstance(node, yaml.MappingNode):
                keys = [key.value for key, _ in node.value]
                assert len(keys) == len(set(keys)), f"{path.name}: {sorted(keys)}"
                nodes += [value for _, value in node.value]
            elif isinstance(node, yaml.SequenceNode):
                nodes += node.value


def test_every_role_has_a_container_with_its_own_environment() -> None:
    text = (COMPOSE / "docker-compose.yml").read_text()
    services = dict(re.findall(r"^  ([a-z]+):\n((?:    .*\n|\n)+)", text, re.MULTILINE))
    for role in ROLES:
        service = services[role]
        assert re.findall(r"\./run/([a-z]+)\.env", service)[0] == role
        assert f'"actors", "{role}"' in service or role == Role.GATEWAY
    with_key = [name for name, service in services.items() if "wallet.env" in service]
    assert with_key == [Role.ORCHESTRATOR]
    assert [name for name, one in services.items() if "models.env" in one] == [Role.EVALUATOR]


def test_roles_that_ask_for_the_same_have_the_same_settings() -> None:
    """One that is not passed on would be the built-in file to one role, and yours to another."""
    text = (COMPOSE / "docker-compose.yml").read_text()
    services = yaml.safe_load(text)["services"]
    with_setting = {
        setting: {name for name in ROLES if setting in services[name]["environment"]}
        for setting in SHARED_SETTINGS
    }
    assert with_setting == SHARED_SETTINGS


def test_prometheus_asks_every_role() -> None:
    text = (COMPOSE / "prometheus" / "prometheus.yml").read_text()
    (_, workers) = re.findall(r"- names: (\[.*\])", text)
    assert sorted(json.loads(workers)) == sorted(worker_roles())


def test_the_dashboard_shows_measurements_that_exist() -> None:
    dashboard = json.loads((COMPOSE / "grafana/dashboards/tradewind.json").read_text())
    shown = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in METRIC.findall(target["expr"])
    }
    root = COMPOSE.parent
    sources = [
        path for room in ("actors", "gateway", "tradewind") for path in (root / room).rglob("*.py")
    ]
    declared = set(METRIC.findall("\n".join(path.read_text() for path in sources)))
    unknown = {
        name
        for name in shown
        if name not in declared
        and not any(name.removesuffix(suffix) in declared for suffix in SUFFIXES)
    }
    assert shown
    assert not unknown
