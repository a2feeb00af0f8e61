"""Nothing that has to be copied is cut off, and nothing that is printed can command a terminal."""

import os
from collections.abc import Callable, Sequence

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tradewind.operations.cli import tables
from tradewind.operations.cli.tables import print_list, print_table

INTENT = "intent-01M8G5E8C33SMXKYM4C561G409"
CELLS = st.text(st.characters(codec="utf-8"), max_size=200)
type Printed = Callable[..., list[str]]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    """Print a table and return its lines."""

    def run(headings: Sequence[str], rows: list[Sequence[str]], **options: object) -> list[str]:
        print_table(headings, rows, **options)  # type: ignore[arg-type]
        return capsys.readouterr().out.splitlines()

    return run


@pytest.fixture
def narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the output a terminal of 80 columns."""
    monkeypatch.setattr(tables, "terminal_columns", lambda: 80)


def test_columns_are_aligned(printed: Printed) -> None:
    rows = [("1", "0 ms", "planner", "a"), ("10", "1,200 ms", "risk", "")]
    assert printed(("#", "after", "by", "what"), rows, right=("#", "after")) == [
        " #     after  by       what",
        " 1      0 ms  planner  a",
        "10  1,200 ms  risk",
    ]


def test_in_a_pipe_a_row_is_a_line_however_long(printed: Printed) -> None:
    (_, line) = printed(("correlation", "detail"), [(INTENT, "word " * 200)])
    assert line == f"{INTENT}  {'word ' * 200}".rstrip()


@pytest.mark.usefixtures("narrow_terminal")
def test_on_a_terminal_the_last_cell_is_wrapped_below_itself(printed: Printed) -> None:
    (_, *lines) = printed(("correlation", "detail"), [(INTENT, "word " * 20)])
    assert len(lines) == 3
    assert all(len(line) <= 80 for line in lines)
    assert lines[0].startswith(f"{INTENT}  word word")
    assert all(line.startswith(" " * (len(INTENT) + 2) + "word") for line in lines[1:])


@pytest.mark.usefixtures("narrow_terminal")
def test_a_terminal_too_narrow_for_the_ids_still_shows_them_whole(printed: Printed) -> None:
    transaction = "0x" + "ab" * 32
    (_, line) = printed(("correlation", "plan", "transaction"), [(INTENT, INTENT, transaction)])
    assert line.split() == [INTENT, INTENT, transaction]


@given(rows=st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_what_is_in_a_cell_stays_text(rows: list[tuple[str, str]]) -> None:
    runner = CliRunner()
    with runner.isolation(color=True) as streams:
        print_table(("one", "other"), rows)
        output = streams[0].getvalue().decode()
    assert len(output.split("\n")) == len(rows) + 2
    assert all(character.isprintable() or character == "\n" for character in output)


def test_brackets_are_no_markup(printed: Printed) -> None:
    (_, line) = printed(("what",), [("[red]reason[/red] [/]",)])
    assert line == "[red]reason[/red] [/]"


def test_an_alarming_row_is_red_on_a_terminal_only() -> None:
    runner = CliRunner()
    for color, expected in ((True, "\x1b[31m2\x1b[0m"), (False, "2")):
        with runner.isolation(color=color) as streams:
            print_table(("n",), [("1",), ("2",)], alarming=[1])
            assert streams[0].getvalue().decode().split(os.linesep)[2] == expected


@pytest.mark.parametrize(
    ("found", "as_json", "lines"),
    [
        ([], False, ["nothing is there"]),
        ([], True, []),
        ([1, 2], False, ["number", "1", "2"]),
        ([1, 2], True, ['{"number": 1}', '{"number": 2}']),
    ],
)
def test_a_list_is_for_people_or_for_scripts(
    found: list[int], as_json: bool, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    print_list(
        found,
        as_json,
        document=lambda one: {"number": one},
        headings=("number",),
        row=lambda one: (str(one),),
        nothing="nothing is there",
    )
    assert capsys.readouterr().out.splitlines() == lines
