"""What the fork server imports may be shared by all that it forks."""

import json
import subprocess
import sys
from typing import Any

import pytest

SCRIPT = """
import json, os, sys
from importlib import import_module
from tradewind.operations.processes.fork_server import PRELOADED
for name in PRELOADED:
    import_module(name)
from prometheus_client import REGISTRY
print(json.dumps({
    "threads": len(os.listdir("/proc/self/task")),
    "descriptors": [os.readlink(f"/proc/self/fd/{fd}") for fd in range(3, 20)
                    if os.path.exists(f"/proc/self/fd/{fd}")],
    "metrics": [one.name for one in REGISTRY.collect()],
    "modules": [name for name in sys.modules
                if name.split(".")[0] in ("tradewind", "actors", "gateway", "simulators")],
}))
"""
SHARED = (
    "tradewind.contracts",
    "tradewind.errors",
    "tradewind.lean_imports",
    "tradewind.log_file",
    "tradewind.operations.processes",
    "tradewind.settings",
)
"""Rooms of ours that read nothing of the environment when they are imported."""


@pytest.fixture(scope="module")
def preloaded() -> dict[str, Any]:
    output = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True).stdout
    document: dict[str, Any] = json.loads(output)
    return document


def test_nothing_runs_or_is_open_after_it(preloaded: dict[str, Any]) -> None:
    """A fork has one thread of those of its parent, and all of its descriptors."""
    assert preloaded["threads"] == 1
    assert preloaded["descriptors"] == []


def test_it_declares_no_metric_of_ours(preloaded: dict[str, Any]) -> None:
    """A process tells the metrics it declares, and a zero can be an alert."""
    assert [name for name in preloaded["metrics"] if name.startswith("tradewind_")] == []


def test_nothing_of_ours_that_depends_on_the_environment_is_in_it(
    preloaded: dict[str, Any],
) -> None:
    parents = {"tradewind", "tradewind.operations"}
    ours = preloaded["modules"]
    assert [name for name in ours if name not in parents and not name.startswith(SHARED)] == []
