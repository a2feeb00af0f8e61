"""Libraries are made to miss what they would only import, and nobody else misses anything."""

import sys
from importlib import import_module
from importlib.util import find_spec

import pytest

from tradewind import lean_imports
from tradewind.lean_imports import UNUSED, LeanFinder, LeanLoader, absent

STANDARD = "colorsys"
"""A module that nothing here imports."""


@pytest.mark.parametrize("name", UNUSED)
def test_every_module_of_the_table_exists_and_is_loaded_lean(name: str) -> None:
    parent = import_module(name.rpartition(".")[0])

    spec = LeanFinder().find_spec(name, parent.__path__)

    assert spec is not None
    assert isinstance(spec.loader, LeanLoader)
    assert LeanFinder().find_spec(STANDARD, None) is None


def test_what_is_absent_cannot_be_imported_in_the_block_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, STANDARD, raising=False)
    with absent([STANDARD]), pytest.raises(ModuleNotFoundError):
        import_module(STANDARD)

    assert find_spec(STANDARD) is not None
    assert import_module(STANDARD).__name__ == STANDARD


def test_what_is_imported_already_stays() -> None:
    with absent(["sys", "json.decoder"]):
        assert import_module("sys") is sys
    assert "sys" in sys.modules


def test_it_is_installed_once() -> None:
    lean_imports.install()

    assert sum(isinstance(finder, LeanFinder) for finder in sys.meta_path) == 1
