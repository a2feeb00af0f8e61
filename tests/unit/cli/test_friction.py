"""What somebody meets who mistypes, or whose platform is away: a sentence and an exit code."""

import re
import runpy
from pathlib import Path

import asyncpg
import click
import pytest
from click.testing import CliRunner, Result

from tradewind.errors import TradewindError
from tradewind.operations import cli
from tradewind.operations.cli import COMMANDS, command_line, stalled
from tradewind.operations.cli.correlations import CORRELATION
from tradewind.operations.cli.up import _command
from tradewind.postgres import refusal_of

INTENT = "01M8G5E8C33SMXKYM4C561G409"
ADDRESSES = {
    "NATS_URL": "nats://127.0.0.1:1",
    "POSTGRES_DSN": "postgresql://127.0.0.1:1/nothing",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def every_command() -> list[str]:
    """Return every command line there is, without its arguments."""
    context, names = click.Context(command_line), []
    for name in COMMANDS:
        command = command_line.get_command(context, name)
        if isinstance(command, click.Group):
            names += [f"{name} {verb}" for verb in command.commands]
        else:
            names.append(name)
    return names


@pytest.fixture(autouse=True)
def no_platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand where no platform runs."""
    monkeypatch.setenv("TRADEWIND_DATA_DIR", str(tmp_path))


def run(*words: str) -> Result:
    return CliRunner().invoke(command_line, words, terminal_width=80)


@pytest.mark.parametrize("name", every_command())
def test_help_says_what_a_command_does_and_shows_every_option(name: str) -> None:
    result = run(*name.split(), "--help")
    assert result.exit_code == 0
    assert not re.search(r"[a-z]\.\.\.", result.output)
    assert all(len(line) <= 80 for line in result.output.splitlines())


@pytest.mark.parametrize("name", every_command())
def test_every_option_says_what_it_is(name: str) -> None:
    context, command = click.Context(command_line), command_line.get_command
    first, *rest = name.split()
    found = command(context, first)
    if rest:
        assert isinstance(found, click.Group)
        found = found.commands[rest[0]]
    assert found is not None
    options = [one for one in found.params if isinstance(one, click.Option)]
    assert [one.opts for one in options if not (one.help or "").partition(" [")[0]] == []


@pytest.mark.parametrize("name", ["history", "dlq", "quarantine", "wallet", "devchain", "access"])
def test_the_list_of_a_group_cuts_no_sentence_off(name: str) -> None:
    words = " ".join(run(name, "--help").output.split())
    group = command_line.get_command(click.Context(command_line), name)
    assert isinstance(group, click.Group)
    for verb in group.commands.values():
        assert verb.get_short_help_str(1_000).rstrip(".") in words


@pytest.mark.parametrize("name", every_command())
def test_an_unknown_option_is_a_usage_error(name: str) -> None:
    result = run(*name.split(), "--no-such-option")
    assert result.exit_code == 2
    assert "No such option" in result.output


@pytest.mark.parametrize(
    "words",
    [
        *(["replay"], ["replay", ""], ["replay", "xx"], ["replay", "intent-"], ["redecide", "x"]),
        *(["history", "export", "-o", "f"], ["history", "export", "nobody", "-o", "f"]),
        ["history", "export", INTENT, "--from", "2026-11-28", "-o", "f"],
        ["redecide", INTENT, "--to", "2026-11-28"],
        *(["demo", "--url", "nonsense"], ["demo", "--url", "ftp://127.0.0.1"], ["demo", "--url="]),
        *(["portfolio", "show", "a/b"], ["portfolio", "close", "..", "ethereum-WETH-USDC"]),
        *(["portfolio", "flatten", ""], ["portfolio", "flatten", "desk", "--key", "a\nb"]),
        ["portfolio", "flatten", "desk", "--yes", "--key", "k" * 129],
        *(["access", "env"], ["access", "env", "somebody"], ["wallet", "cancel", "-1"]),
    ],
    ids=" ".join,
)
def test_what_is_mistyped_is_a_usage_error(words: list[str]) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert "Error: " in result.output


NO_NUMBERS = [
    "",
    "x",
    "NaN",
    "Infinity",
    "1e999999999",
    "1e3",
    "1_000",
    "\N{ARABIC-INDIC DIGIT ONE}",
]


@pytest.mark.parametrize(
    "words",
    [
        ["portfolio", "fund", "desk", "--token", "USDC", "--amount"],
        ["portfolio", "fund", "desk", "--token", "USDC", "--amount", "1", "--price-usd"],
        ["portfolio", "close", "desk", "ethereum-WETH-USDC", "--max-slippage"],
        ["portfolio", "flatten", "desk", "--yes", "--max-slippage"],
        ["wallet", "reconcile", "--threshold"],
    ],
    ids=lambda words: f"{words[1]} {words[-1]}",
)
@pytest.mark.parametrize("text", [*NO_NUMBERS, "-1"], ids=ascii)
def test_what_no_event_could_hold_is_no_number(words: list[str], text: str) -> None:
    result = run(*words, text)
    assert (result.exit_code, "Invalid value" in result.output) == (2, True)


def test_a_history_is_named_by_its_intent_or_its_correlation() -> None:
    assert CORRELATION.convert(INTENT, None, None) == f"intent-{INTENT}"
    assert CORRELATION.convert("portfolio-demo", None, None) == "portfolio-demo"


@pytest.mark.parametrize("words", [["status"], ["demo"], ["access", "env", "reader"]])
def test_where_no_platform_runs_the_directory_is_named(words: list[str], tmp_path: Path) -> None:
    error = run(*words).exception
    assert isinstance(error, TradewindError)
    assert str(error) == f"no platform runs on {tmp_path}: start one with `tradewind up`"


def main(*words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the program to its end and return its exit code and what it complains of, in a line."""
    monkeypatch.setattr("sys.argv", ["tradewind", *words])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("tradewind", run_name="__main__")
    (line,) = capsys.readouterr().err.splitlines()
    return f"{ended.value.code} {line}"


def test_a_file_that_cannot_be_written_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "docs"
    in_the_way.write_text("no directory")
    (tmp_path / "README.md").touch()
    words = ("contracts", "generate", "--root", str(tmp_path))
    said = main(*words, capsys=capsys, monkeypatch=monkeypatch)
    assert said.startswith(f"1 tradewind: {in_the_way}/")


def test_an_error_moves_no_cursor(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "risk.yaml"
    file.write_text('{"\\e[2Jhard": {}, "\\e[2Jhard": {}}')
    said = main("limits", "check", str(file), capsys=capsys, monkeypatch=monkeypatch)
    assert said == "1 tradewind: line 1, column 19: \ufffd[2Jhard is there twice"


@pytest.fixture
def servers_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name servers where none answers."""
    for variable, address in ADDRESSES.items():
        monkeypatch.setenv(f"TRADEWIND_{variable}", address)


@pytest.mark.usefixtures("servers_away")
@pytest.mark.parametrize(
    ("words", "seconds"), [([], 60.0), (["--after", "0"], 0.0), (["--after", "2.5"], 2.5)], ids=str
)
def test_no_time_without_an_event_is_a_time_too(
    words: list[str], seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    async def find(after: float, limit: int) -> list[object]:
        asked.append(after)
        return []

    monkeypatch.setattr(stalled, "_find", find)
    assert run("stalled", *words).output == "nothing stands still\n"
    assert asked == [seconds]


@pytest.mark.usefixtures("servers_away")
def test_a_database_that_is_away_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = main("migrate", capsys=capsys, monkeypatch=monkeypatch)
    assert said.startswith("1 tradewind: PostgreSQL: ")


@pytest.mark.parametrize(
    ("refused", "advice"),
    [
        (asyncpg.InvalidPasswordError("no such password"), "a login that PostgreSQL knows"),
        (asyncpg.InsufficientPrivilegeError("permission denied"), "a login that may do this"),
        (asyncpg.UndefinedTableError('relation "events" does not exist'), "`tradewind migrate`"),
        (
            asyncpg.UndefinedObjectError('unrecognized configuration parameter "…"'),
            "PostgreSQL 17 or newer",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_the_database_refuses_is_a_wrong_setting(
    refused: Exception,
    advice: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> None:
        raise refused

    monkeypatch.setattr(cli, "command_line", refuse)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"tradewind: PostgreSQL: {refused}; ")
    assert advice in said


@pytest.mark.parametrize("defect", [ValueError("a defect"), OSError("no file is to blame")])
def test_a_defect_keeps_its_traceback(defect: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise defect

    monkeypatch.setattr(cli, "command_line", fail)
    assert refusal_of(defect) is None
    with pytest.raises(type(defect)) as raised:
        cli.main()
    assert raised.value is defect


def test_the_banner_names_commands_that_another_shell_can_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [str(tmp_path / ".venv" / "bin" / "tradewind"), "up"])
    assert _command(tmp_path / ".tradewind") == ".venv/bin/tradewind"
    elsewhere = tmp_path / "a directory"
    assert _command(elsewhere) == f"TRADEWIND_DATA_DIR='{elsewhere}' .venv/bin/tradewind"
    monkeypatch.setattr("sys.argv", ["/opt/bin/tradewind", "up"])
    assert _command(tmp_path / ".tradewind") == "/opt/bin/tradewind"
