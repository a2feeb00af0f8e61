"""PostgreSQL with TimescaleDB, as WebAssembly in Node.js: real, with one connection at a time."""

import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.workers import one_worker_at_a_time
from tradewind.ledger import migrations
from tradewind.postgres import Pool, open_pool

DIRECTORY: Final = Path(__file__).with_name("server")
INSTALL_SECONDS: Final = 300.0
OLDEST_NODE: Final = 20


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return Node.js once the pinned packages are there; skip where that cannot be."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None or _major(node) < OLDEST_NODE:
        pytest.skip(f"no TimescaleDB: it needs Node.js {OLDEST_NODE} or newer, with npm")
    with one_worker_at_a_time(tmp_path_factory, "timescale"):
        if not _is_installed():
            installed = subprocess.run(
                [npm, "ci", "--no-audit", "--no-fund"],
                cwd=DIRECTORY,
                capture_output=True,
                text=True,
                timeout=INSTALL_SECONDS,
                check=False,
            )
            if installed.returncode:
                pytest.skip(f"no TimescaleDB: npm ci: {installed.stderr.strip()[:200]}")
    return node


@pytest.fixture(scope="module")
def empty_dsn(node: str) -> Iterator[str]:
    """Return the address of an empty database with TimescaleDB."""
    with subprocess.Popen(
        [node, DIRECTORY / "serve.mjs"], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            port = json.loads(server.stdout.readline())["port"]
            yield f"postgresql://postgres@127.0.0.1:{port}/template1"
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def timescale_dsn(empty_dsn: str) -> str:
    """Return its address after all migrations."""
    migrations.upgrade(empty_dsn)
    return empty_dsn


@pytest.fixture
async def pool(timescale_dsn: str) -> AsyncIterator[Pool]:
    """Return a pool of the one connection there is."""
    pool = await open_pool(timescale_dsn, max_size=1)
    yield pool
    await pool.close()


def _major(node: str) -> int:
    shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return int(shown.stdout.strip().removeprefix("v").partition(".")[0] or 0)


def _is_installed() -> bool:
    """Return whether the installed packages are the pinned ones."""
    pinned = json.loads((DIRECTORY / "package.json").read_text())["dependencies"]
    return all(_installed_version(name) == version for name, version in pinned.items())


def _installed_version(name: str) -> str | None:
    try:
        package = json.loads((DIRECTORY / "node_modules" / name / "package.json").read_text())
    except (OSError, ValueError):
        return None
    version: str | None = package.get("version")
    return version
