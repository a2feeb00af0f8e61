"""One gateway process on real servers for each module of attacks."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from tests.conftest import emptied_broker, emptied_redis, fresh_database
from tests.hostile.flood import AttackedGateway
from tests.support.waiting import block_until
from tradewind.operations.embedded.servers import Servers

GATEWAY_SETTINGS: Mapping[str, str] = {"TRADEWIND_GATEWAY_PORT": "0"}
STOP_SECONDS = 30
UNEXPECTED = (500, 502, 504)


@pytest.fixture(scope="module")
def gateway_settings() -> Mapping[str, str]:
    """Return what the gateway is told beside the addresses of its servers.

    A module whose attacks need other limits has a fixture of this name.
    """
    return {}


@pytest.fixture(scope="module")
def attacked(
    servers: Servers,
    template_database: str,
    gateway_settings: Mapping[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[AttackedGateway]:
    """Return a gateway of a process of its own, which must live when the module ends."""
    emptied_broker(servers)
    emptied_redis(servers)
    with fresh_database(servers, template_database) as dsn:
        environment = environment_of(servers, dsn, gateway_settings)
        with started(environment, tmp_path_factory.mktemp("gateway") / "log") as gateway:
            yield gateway
            assert complaints(gateway.log) == []


def complaints(log: Path) -> list[str]:
    """Return the lines of a log that tell of a defect, or of an answer that no client causes."""
    records = [orjson.loads(line) for line in log.read_bytes().splitlines() if line]
    return [
        str(one)
        for one in records
        if one["level"] in ("error", "critical") or one.get("status", 0) in UNEXPECTED
    ]


def environment_of(servers: Servers, dsn: str, settings: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment of a gateway on these servers."""
    addresses = {
        "TRADEWIND_NATS_URL": servers.nats_url,
        "TRADEWIND_REDIS_URL": servers.redis_url,
        "TRADEWIND_POSTGRES_DSN": dsn,
    }
    return {**os.environ, **GATEWAY_SETTINGS, **addresses, **settings}


@contextmanager
def started(environment: Mapping[str, str], log: Path) -> Iterator[AttackedGateway]:
    """Yield a gateway that listens; it has to live to the end, and to stop cleanly then."""
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway"], env=environment, stderr=stderr
        )
        try:
            block_until(lambda: b'"listening"' in log.read_bytes() or process.poll() is not None)
            assert process.poll() is None, log.read_text()
            yield AttackedGateway("127.0.0.1", _port(log), process.pid, log)
            assert process.poll() is None, "the gateway ended"
            process.terminate()
            assert process.wait(STOP_SECONDS) == 0
        finally:
            process.kill()
            process.wait()


def _port(log: Path) -> int:
    records = (orjson.loads(line) for line in log.read_bytes().splitlines() if line)
    return next(int(one["port"]) for one in records if one["event"] == "listening")
