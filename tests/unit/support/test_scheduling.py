"""Which tests a worker runs together."""

import ast

import pytest

from tests.support.scheduling import OF_THEIR_OWN, ONE_PLATFORM, scope_of
from tests.test_tidy import ROOT


@pytest.mark.parametrize(
    ("test", "scope"),
    [
        ("tests/unit/runtime/test_actor.py::test_a[b::c]", "tests/unit/runtime/test_actor.py"),
        ("tests/acceptance/test_load.py::test_a", "tests/acceptance"),
        ("tests/acceptance/test_demo.py::test_a", "tests/acceptance"),
        ("tests/acceptance/test_chain.py::test_a", "tests/acceptance/test_chain.py"),
    ],
)
def test_a_file_or_a_shared_platform_is_a_scope(test: str, scope: str) -> None:
    assert scope_of(test) == scope


@pytest.mark.parametrize("name", sorted(OF_THEIR_OWN))
def test_who_is_dealt_out_alone_asks_for_no_shared_platform(name: str) -> None:
    tests = [
        node
        for node in ast.walk(ast.parse((ROOT / ONE_PLATFORM / name).read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
    ]
    assert tests
    asked = {argument.arg for test in tests for argument in test.args.args}
    assert asked.isdisjoint({"platform", "client", "checker"})
