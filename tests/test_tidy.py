"""The style of docs/STYLE.md, kept by a machine: sizes, literals, leftovers, machine paths."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tradewind.contracts.registry import TOPICS
from tradewind.contracts.roles import ROLES, queue_groups, worker_roles
from tradewind.contracts.streams import DEAD_LETTERS_STREAM, EVENTS_STREAM, POOL_SNAPSHOTS_BUCKET

ROOT = Path(__file__).parent.parent
MAX_FUNCTION_LINES = 45
MAX_MODULE_LINES = 400
MAX_MEDIAN_FUNCTION_LINES = 8
MAX_LONG_FUNCTION_LINES = 35
"""Of 99 functions in a hundred."""
MAX_MIDDLEWARE_LINES = 150
MAX_FILE_BYTES = 800_000
MAX_PROTOCOL_METHODS = 4
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

PRODUCT = ("tradewind", "actors", "gateway", "research")
GENERATED = {
    "clients/python/tradewind_client/models.py",
    "clients/python/tradewind_client/rest_models.py",
}
"""As long as what they are generated from."""
NAMES = TOPICS | {
    EVENTS_STREAM,
    DEAD_LETTERS_STREAM,
    POOL_SNAPSHOTS_BUCKET,
    *(group.name for group in queue_groups() if "." in group.name),
}
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError|pragma: no cover")
MACHINE = re.compile(
    "|".join(
        (
            r"/(?:work|root|home)/[a-z]",
            r"registry\.npm" + r"js",
            r"py" + r"pi\.org",
            r"python" + r"hosted",
            r"deb\.deb" + r"ian",
        )
    )
)


@cache
def tracked() -> tuple[Path, ...]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    paths = (ROOT / name for name in listing.split("\0") if name)
    return tuple(path for path in paths if path.is_file())


def python_files(*rooms: str) -> Iterator[Path]:
    for path in tracked():
        relative = path.relative_to(ROOT)
        if path.suffix == ".py" and (not rooms or relative.parts[0] in rooms):
            yield path


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text())))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def where(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_functions_and_modules_are_short() -> None:
    long = [
        f"{where(path)}:{name} {n}"
        for path in python_files()
        for name, n in functions(path)
        if n > MAX_FUNCTION_LINES
    ]
    long += [
        where(path)
        for path in python_files()
        if len(path.read_text().splitlines()) > MAX_MODULE_LINES
    ]
    assert not set(long) - GENERATED


@pytest.mark.parametrize("rooms", [PRODUCT, ("tests",)], ids=["product", "tests"])
def test_the_typical_function_is_short(rooms: tuple[str, ...]) -> None:
    lengths = sorted(n for path in python_files(*rooms) for _, n in functions(path))
    assert lengths[len(lengths) // 2] <= MAX_MEDIAN_FUNCTION_LINES
    assert lengths[len(lengths) * 99 // 100] <= MAX_LONG_FUNCTION_LINES


def test_middleware_stays_small() -> None:
    big = [
        where(path)
        for path in python_files(*PRODUCT)
        if "middleware" in path.parts and len(path.read_text().splitlines()) > MAX_MIDDLEWARE_LINES
    ]
    assert not big


def test_names_are_written_once() -> None:
    literals = [
        f"{where(path)}:{node.lineno} {node.value}"
        for path in python_files(*PRODUCT)
        if "contracts" not in path.parts
        for node in nodes(path)
        if isinstance(node, ast.Constant) and node.value in NAMES
    ]
    assert not literals


def protocols(path: Path) -> Iterator[tuple[str, int]]:
    """Return the protocols of a module, each with the number of methods it asks for by itself."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef) and "Protocol" in map(ast.unparse, node.bases):
            defined = (one for one in node.body if isinstance(one, FUNCTIONS))
            is_property = [bool(one.decorator_list) for one in defined]
            yield node.name, is_property.count(False)


def test_protocols_ask_for_little() -> None:
    large = [
        f"{where(path)}:{name} {methods}"
        for path in python_files(*PRODUCT)
        for name, methods in protocols(path)
        if methods > MAX_PROTOCOL_METHODS
    ]
    assert not large


def test_there_is_one_clock_and_one_way_to_wait_for_a_stop() -> None:
    only = {"datetime.now(": "clock.py", "wait_for(stopped": "periodic.py"}
    elsewhere = [
        f"{where(path)}: {call}"
        for path in python_files(*PRODUCT)
        for call, module in only.items()
        if call in path.read_text() and path.name != module
    ]
    assert not elsewhere


def test_nothing_is_left_over() -> None:
    rooms = (*PRODUCT, "alembic", "loadtest")
    left = [
        f"{where(path)}: {match[0]}"
        for path in python_files(*rooms)
        for match in LEFTOVER.finditer(path.read_text())
    ]
    assert not left


def test_no_machine_paths_or_registry_addresses() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{where(path)}: {match[0]}" for match in MACHINE.finditer(text)]
    assert not found


def test_files_are_small() -> None:
    assert not [where(path) for path in tracked() if path.stat().st_size > MAX_FILE_BYTES]


def test_public_modules_say_what_they_are() -> None:
    silent = [
        where(path)
        for path in python_files(*PRODUCT)
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent


def import_rules() -> list[dict[str, Any]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    rules: list[dict[str, Any]] = project["tool"]["importlinter"]["contracts"]
    return rules


def modules_in(folder: Path) -> set[str]:
    names = {path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()}
    return {name for name in names if not name.startswith("__")}


def test_no_room_is_forgotten_by_the_import_rules() -> None:
    layers = [rule for rule in import_rules() if rule["type"] == "layers"]
    ordered = {
        name.strip() for rule in layers for layer in rule["layers"] for name in layer.split("|")
    }
    assert {f"tradewind.{name}" for name in modules_in(ROOT / "tradewind")} <= ordered
    for room in ("tradewind.operations", "tradewind.trading", "tradewind.readmodels"):
        (rule,) = (one for one in layers if one.get("containers") == [room])
        named = {name.strip() for layer in rule["layers"] for name in layer.split("|")}
        assert modules_in(ROOT / room.replace(".", "/")) <= named, room


def test_no_role_is_forgotten_by_the_import_rules() -> None:
    (rule,) = (one for one in import_rules() if one["type"] == "independence")
    assert set(rule["modules"]) == {ROLES[name].package for name in worker_roles()}
