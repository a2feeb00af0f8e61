"""What takes seconds to import is left to commands that need it: no process that lasts waits."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PROCESSES = {
    "roles": ("actors",),
    "gateway": ("gateway",),
    "up": ("tradewind.operations.cli.up", "tradewind.operations.embedded"),
    "wallet": ("tradewind.operations.cli.wallet", "tradewind.operations.cli.tokens"),
}
IMPORT_ALL = """
import importlib, json, pkgutil, sys
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    for found in pkgutil.walk_packages(getattr(package, "__path__", ()), f"{name}."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
print(json.dumps(sorted(sys.modules)))
"""


IMPORT_MAIN = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
lean = sorted(sys.modules)
import aiohttp, rich
print(json.dumps(lean))
"""


def modules_after(program: str, *names: str) -> set[str]:
    imported = subprocess.run(
        [sys.executable, "-c", program, *names],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
        timeout=120,
    )
    return set(json.loads(imported.stdout))


@pytest.mark.parametrize("names", PROCESSES.values(), ids=PROCESSES)
def test_no_role_and_no_start_imports_web3(names: tuple[str, ...]) -> None:
    modules = modules_after(IMPORT_ALL, *names)

    assert modules.issuperset(names)
    assert not modules & {"web3", "requests"}


@pytest.mark.parametrize("name", ["gateway.__main__", "actors.__main__", "actors.planner.actors"])
def test_a_process_imports_nothing_that_its_libraries_only_could_use(name: str) -> None:
    modules = modules_after(IMPORT_MAIN, name)

    assert name in modules
    assert modules >= {"dramatiq", "nats", "structlog"}
    assert not modules & {"aiohttp", "gevent", "rich"}


def test_the_module_that_reads_by_web3_is_one() -> None:
    importers = {
        str(path.relative_to(REPOSITORY))
        for room in ("tradewind", "actors", "gateway", "research")
        for path in (REPOSITORY / room).rglob("*.py")
        if "from web3" in (text := path.read_text()) or "import web3" in text.splitlines()
    }

    assert importers == {"tradewind/operations/cli/chain_reader.py"}
