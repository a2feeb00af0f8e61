"""`tradewind new strategy` writes what runs at once."""

import runpy
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.unit.simulation.factories import ran, random_candles
from tradewind.operations.cli.new import new
from tradewind.simulation.strategies import loading
from tradewind.simulation.strategies.loading import strategy_of


@pytest.mark.parametrize("is_stepped", [False, True])
def test_a_new_strategy_runs_and_passes_its_own_test(
    is_stepped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["strategy", "my_trend", "--into", str(tmp_path)] + ["--step"] * is_stepped
    result = CliRunner().invoke(new, arguments)
    folder = tmp_path / "tradewind_my_trend"
    assert result.exit_code == 0, result.output
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    entry = project["project"]["entry-points"]["tradewind.strategies"]["my_trend"]

    monkeypatch.syspath_prepend(str(folder))
    module, _, function = entry.partition(":")
    found: Any = __import__(module)
    strategy = strategy_of("my_trend", getattr(found, function))
    monkeypatch.setitem(loading.BUILT_IN, "my_trend", entry)
    runpy.run_path(str(folder / "tests" / "test_my_trend.py"))[
        "test_it_trades_and_never_looks_ahead"
    ]()
    assert len(ran(random_candles(1_000), strategy).trades) > 5
    del sys.modules[module]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "tradewind_mine").mkdir()

    result = CliRunner().invoke(new, ["strategy", "mine", "--into", str(tmp_path)])
    assert result.exit_code == 1
    assert "there already" in result.output


@pytest.mark.parametrize("name", ["Mine", "1st", "a-b", "../x", "x" * 49])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(new, ["strategy", "--into", str(tmp_path), "--", name])

    assert result.exit_code == 2
    assert not list(tmp_path.iterdir())
