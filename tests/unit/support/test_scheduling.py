"""Which tests a worker runs together."""

import ast
from pathlib import Path

import pytest

from tests.support.scheduling import OF_THEIR_OWN, scope_of
from tests.test_tidy import ROOT


@pytest.mark.parametrize(
    ("test", "scope"),
    [
        ("tests/unit/runtime/test_actor.py::test_a[b::c]", "tests/unit/runtime/test_actor.py"),
        ("tests/acceptance/test_load.py::test_a", "tests/acceptance"),
        ("tests/acceptance/test_demo.py::test_a", "tests/acceptance"),
        ("tests/acceptance/test_chain.py::test_a", "tests/acceptance/test_chain.py"),
        ("tests/e2e/test_signals.py::test_a", "tests/e2e"),
        ("tests/e2e/test_storm.py::test_a", "tests/e2e/test_storm.py"),
    ],
)
def test_a_file_or_a_shared_platform_is_a_scope(test: str, scope: str) -> None:
    assert scope_of(test) == scope


@pytest.mark.parametrize(
    "path",
    [folder / name for folder, names in OF_THEIR_OWN.items() for name in sorted(names)],
    ids=str,
)
def test_who_is_dealt_out_alone_asks_for_no_shared_platform(path: Path) -> None:
    tests = [
        node
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
    ]
    assert tests
    asked = {argument.arg for test in tests for argument in test.args.args}
    assert asked.isdisjoint({"platform", "client", "checker"})
