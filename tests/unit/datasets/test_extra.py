"""Polars is an extra: whoever only reads manifests imports neither it nor what needs it."""

import subprocess
import sys

import pytest

from tradewind.datasets.errors import PolarsMissing
from tradewind.datasets.extra import require_polars

LIGHT = ("tradewind.datasets.store", "tradewind.datasets.settings", "gateway.app")
COMMAND = "tradewind.operations.cli.data"


@pytest.mark.parametrize(
    ("modules", "absent"), [(LIGHT, "polars numpy"), ((COMMAND,), "polars")], ids=["light", "cli"]
)
def test_manifests_are_read_without_it(modules: tuple[str, ...], absent: str) -> None:
    imports = "; ".join(f"import {name}" for name in modules)
    program = f"import sys; {imports}; print([n for n in '{absent}'.split() if n in sys.modules])"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert told.stdout == "[]\n", told.stderr


def test_commands_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradewind.datasets.extra.find_spec", lambda name: None)

    with pytest.raises(PolarsMissing, match=r"pip install 'tradewind\[backtest\]'"):
        require_polars()
