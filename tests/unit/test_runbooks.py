"""What a runbook tells an operator to type exists, and so do the settings it names."""

import re
import shlex
from pathlib import Path

import click
import pytest

from tests.settings import Settings
from tradewind.operations.cli import command_line
from tradewind.settings import PREFIX
from tradewind.trading.chain.settings import ChainSettings, WalletSettings

ROOT = Path(__file__).parents[2]
RUNBOOKS = sorted((ROOT / "docs" / "runbooks").glob("*.md"))
SECTIONS = (
    "Symptom",
    "What it means",
    "What to look at",
    "What to do",
    "How to know it is over",
)
IN_FIVE_SECTIONS = (
    "allocation-stuck.md",
    "approval-waits.md",
    "close-signal-refused.md",
    "coordinator-failover.md",
    "database-restored.md",
    "halt-and-resume.md",
    "limit-change.md",
    "model-fails.md",
    "ordered-stage.md",
    "parked-gap.md",
    "provider-away.md",
    "quarantine-and-dead-letters.md",
    "replay-portfolio.md",
    "stalled-flow.md",
    "stream-full.md",
    "wallet-drift.md",
)
TYPED = re.compile(r"^ +\$ (?:[A-Z_]+=\S+ )*tradewind (.+)$|`tradewind ([^`]+)`", re.MULTILINE)


def typed(page: Path) -> list[str]:
    """Return the command lines of a page, without the program's name."""
    return [first or second for first, second in TYPED.findall(page.read_text())]


def command_lines() -> list[tuple[str, str]]:
    pages = [*RUNBOOKS, ROOT / "docs" / "telemetry.md"]
    return [(page.name, line) for page in pages for line in dict.fromkeys(typed(page))]


@pytest.mark.parametrize(("page", "line"), command_lines())
def test_a_command_exists_with_its_options(page: str, line: str) -> None:
    words = shlex.split(line.split(" > ")[0])
    context = click.Context(command_line)
    command: click.Command = command_line
    while words and isinstance(command, click.Group):
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found is not None, f"{page}: tradewind {line}: no {name}"
        command = found
    known = {option for parameter in command.params for option in parameter.opts}
    for word in words:
        if word.startswith("-"):
            assert word.partition("=")[0] in known, f"{page}: tradewind {line}: no {word}"


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda one: one.name)
def test_settings_and_pages_it_names_exist(page: Path) -> None:
    text = page.read_text()
    kinds = (Settings, ChainSettings, WalletSettings)
    fields = {f"{PREFIX}{name}".upper() for kind in kinds for name in kind.model_fields}
    assert set(re.findall(rf"{PREFIX}[A-Z_]+[A-Z]", text)) <= fields
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (page.parent / target).is_file(), target


@pytest.mark.parametrize("name", IN_FIVE_SECTIONS)
def test_a_runbook_of_ledger_or_portfolios_has_its_sections(name: str) -> None:
    text = (ROOT / "docs" / "runbooks" / name).read_text()
    assert tuple(re.findall(r"^## (.+)$", text, re.MULTILINE)) == SECTIONS
