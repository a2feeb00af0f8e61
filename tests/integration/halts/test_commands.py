"""Operators halt, look and resume on the command line, each as whom they log in."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import click
import pytest
from click.testing import CliRunner, Result

from tests.settings import Settings
from tradewind.operations.cli.halt import halt
from tradewind.operations.cli.resume import resume
from tradewind.operations.cli.risk import risk

type Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the database of the test."""
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", settings.postgres_dsn.get_secret_value())

    def invoke(command: click.Command, *arguments: str) -> Result:
        result = CliRunner().invoke(command, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def test_trading_is_halted_shown_and_resumed(run: Run) -> None:
    assert "no trading state is in force" in run(risk).output
    halted = run(halt, "--reason", "drill")
    assert halted.output == "everything is halted: drill (version 1)\n"
    again = run(halt, "--reason", "drill")
    assert again.output == halted.output
    shown = run(risk).output
    assert "everything" in shown
    assert "drill" in shown
    assert run(resume, "everything").output == "everything is active (version 2)\n"
    assert "no trading state is in force" in run(risk).output
    assert "resumed" in run(risk, "--past").output


def test_who_resumes_what_was_never_stopped_is_told(run: Run) -> None:
    assert run(halt, "portfolio:desk", "--reason", "drill").exit_code == 0
    mistyped = run(resume, "portfolio:dsek")
    assert mistyped.output == "portfolio:dsek was not stopped: `tradewind risk` lists what is\n"
    assert "portfolio:dsek" not in run(risk, "--past").output
    assert run(resume, "portfolio:desk").output == "portfolio:desk is active (version 2)\n"
    again = run(resume, "portfolio:desk")
    assert again.output == "portfolio:desk was not stopped: `tradewind risk` lists what is\n"


def test_a_state_may_last_for_a_time(run: Run) -> None:
    before = datetime.now(UTC)
    halted = run(halt, "venue:simulated", "--for", "30m", "--reason", "release")
    assert halted.exit_code == 0, halted.output
    (shown,) = json.loads(run(risk, "--json").output)["states"]
    lasts = datetime.fromisoformat(shown["until"]) - before
    assert timedelta(minutes=29) < lasts < timedelta(minutes=40)
    both = run(halt, "--for", "1h", "--until", "2126-01-01", "--reason", "x")
    assert (both.exit_code, "both say" in both.output) == (2, True)


def test_a_part_reduces_and_a_pair_rests(run: Run) -> None:
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    assert run(halt, "portfolio:fund", "--reduce", "--reason", "a loss").exit_code == 0
    locked = run(halt, "lock:fund:ethereum-WETH-USDC", "--until", until, "--reason", "rest")
    assert locked.exit_code == 0, locked.output
    document = json.loads(run(risk, "--json").output)
    states = {one["scope"]: one for one in document["states"]}
    assert states["portfolio:fund"]["state"] == "reducing"
    assert "until" not in states["portfolio:fund"]
    assert states["lock:fund:ethereum-WETH-USDC"]["state"] == "halted"
    assert states["lock:fund:ethereum-WETH-USDC"]["by"].startswith("cli:")
    assert document["policy"]["version"] == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("fund", "--reason", "drill"), "is no scope"),
        (("lock:ethereum-WETH-USDC", "--reason", "drill"), "a lock needs an end"),
        (("--reason", "drill", "--until", "2020-01-01"), "within the next"),
        (("--reason", "two\nlines"), "one line"),
        (("--reason", ""), "one line"),
        ((), "--reason"),
    ],
)
def test_a_wrong_command_says_what_is_wrong_and_changes_nothing(
    run: Run, arguments: tuple[str, ...], complaint: str
) -> None:
    result = run(halt, *arguments)
    assert result.exit_code == 2
    assert complaint in result.output
    assert "no trading state is in force" in run(risk, "--past").output
