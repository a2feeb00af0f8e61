"""Statements live in one annotated file a room: each is named, each is used."""

import ast
import re
from pathlib import Path

import pytest

from tests.test_tidy import PRODUCT, ROOT, python_files, tracked, where
from tradewind.contracts.registry import TOPICS
from tradewind.queries import load_queries, parse_queries

FILES = [path for path in tracked() if path.name == "queries.sql"]
STATEMENT = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s.+\sSET|DELETE\s+FROM)\s|^\s*WITH\s", re.DOTALL
)
INCLUSION = re.compile(r"^\{(\w+)\}$", re.MULTILINE)
TOPIC = re.compile(r"\btopic\s*=\s*'([^':]*)'")


def texts(path: Path) -> list[ast.Constant | ast.JoinedStr]:
    """Return a module's string literals, the parts of a formatted one as one."""
    tree = ast.parse(path.read_text())
    formatted = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for node in formatted for part in ast.walk(node) if part is not node}
    plain = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts
    ]
    return [*formatted, *plain]


def content(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(content(part) for part in node.values if isinstance(part, ast.Constant))


def long_statements(path: Path) -> list[int]:
    """Return the lines on which a module holds a statement that is longer than a line."""
    return [
        node.lineno
        for node in texts(path)
        if (node.end_lineno or node.lineno) > node.lineno and STATEMENT.search(content(node))
    ]


def test_the_rooms_with_statements_are_found() -> None:
    assert len(FILES) >= 3


@pytest.mark.parametrize("path", FILES, ids=where)
def test_every_statement_is_used(path: Path) -> None:
    room = path.parent.relative_to(ROOT)
    names = {
        content(node)
        for module in python_files(*PRODUCT, "loadtest")
        if module.is_relative_to(ROOT / room)
        for node in texts(module)
    }
    names |= set(INCLUSION.findall(path.read_text()))
    unused = [name for name in parse_queries(path.read_text()) if name not in names]
    assert not unused


@pytest.mark.parametrize("path", FILES, ids=where)
def test_statements_name_no_topic_that_does_not_exist(path: Path) -> None:
    assert set(TOPIC.findall(path.read_text())) <= TOPICS


def test_no_statement_longer_than_a_line_is_written_elsewhere() -> None:
    rooms = (*PRODUCT, "loadtest")
    found = {where(path): long_statements(path) for path in python_files(*rooms)}
    assert not {path: lines for path, lines in found.items() if lines}


def test_such_a_statement_would_be_found(tmp_path: Path) -> None:
    sources = {
        'A = "SELECT 1 FROM t"': False,
        'A = (\n    "SELECT 1 FROM t "\n    "WHERE a = 1"\n)': True,
        'A = f"""\n    SELECT {B}\n    FROM t"""': True,
        'A = ("UPDATE t "\n     f"SET a = {B} WHERE c = 1")': True,
        'A = (\n    "Select one of them, "\n    "or update the others"\n)': False,
    }
    for text, is_found in sources.items():
        module = tmp_path / "module.py"
        module.write_text(text)
        assert bool(long_statements(module)) == is_found, text


def test_blocks_become_statements_by_name_and_prose_does_not() -> None:
    text = """
-- About this file.

-- base: What others go on from.
SELECT a
FROM t

-- A section

-- one: One of them.
{base}
WHERE a = $1 AND b #>> '{key,instrument}' = 'x'
"""
    assert parse_queries(text) == {
        "base": "SELECT a\nFROM t",
        "one": "SELECT a\nFROM t\nWHERE a = $1 AND b #>> '{key,instrument}' = 'x'",
    }


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "-- no name at all\nSELECT 1",
        "-- twice: First.\nSELECT 1\n\n-- twice: Second.\nSELECT 2",
        "-- undescribed: \nSELECT 1",
    ],
)
def test_a_statement_without_a_name_of_its_own_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no name, or one that is taken"):
        parse_queries(text)


def test_a_statement_goes_on_from_that_of_another_room() -> None:
    text = "-- one: One.\n{tradewind.trading.halts.states}\nWHERE kind = $1"
    states = load_queries("tradewind.trading.halts")["states"]
    assert parse_queries(text) == {"one": f"{states}\nWHERE kind = $1"}


def test_a_statement_that_goes_on_from_nothing_is_refused() -> None:
    with pytest.raises(KeyError, match="missing"):
        parse_queries("-- one: One.\n{missing}\nWHERE a")


LASTING = re.compile(
    r"(?:^|;)\s*SET\s+(?!LOCAL\b|TRANSACTION\b)\w+\s*(?:=|TO\b)"
    r"|(?:^|;)\s*(?:LISTEN|SET\s+(?:SESSION|ROLE))\s"
    r"|\bpg_(?:try_)?advisory_lock(?:_shared)?\s*\("
    r"|\bset_config\s*\([^)]*,\s*false\s*\)"
    r"|\bWITH\s+HOLD\b|\bCREATE\s+TEMP",
    re.IGNORECASE,
)
"""What would last on a session beyond its transaction: pools do not reset what they are given."""
SUSPECT = re.compile(r"SET\s+\w|LISTEN\s|advisory_lock|set_config|WITH\s+HOLD|CREATE\s+TEMP")


def test_no_statement_leaves_anything_on_a_session() -> None:
    statements = {
        f"{where(path)}: {name}": statement
        for path in FILES
        for name, statement in parse_queries(path.read_text()).items()
    }
    suspects = [path for path in python_files(*PRODUCT) if SUSPECT.search(path.read_text())]
    literals = [(where(path), content(node)) for path in suspects for node in texts(path)]
    found = [name for name, text in (*statements.items(), *literals) if LASTING.search(text)]
    assert not found


@pytest.mark.parametrize(
    ("text", "lasts"),
    [
        ("SET statement_timeout = '1s'", True),
        ("SELECT 1; SET ROLE one", True),
        ("SELECT pg_advisory_lock(1)", True),
        ("SELECT set_config('a', $1, false)", True),
        ("SELECT pg_advisory_xact_lock(1)", False),
        ("SELECT set_config('a', $1, true)", False),
        ("SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '120s'", False),
        ("UPDATE t\nSET a = 1", False),
    ],
)
def test_what_would_last_on_a_session_would_be_found(text: str, *, lasts: bool) -> None:
    assert bool(LASTING.search(text)) == lasts
