"""`tradewind instruments`: what a person sees of the registry, and how one changes it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tradewind.errors import TradewindError
from tradewind.operations.cli.instruments import instruments

KEY = "ethereum-WETH-USDC"
type Run = Callable[..., Result]


@pytest.fixture
def run(database_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the database of the test."""
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", database_dsn)
    return lambda *arguments: CliRunner().invoke(instruments, arguments)


def shown(run: Run, name: str = KEY) -> dict[str, object]:
    result = run("show", name, "--json")
    assert result.exit_code == 0, result.output
    document: dict[str, object] = json.loads(result.output)
    return document


def fails(result: Result, code: str) -> str:
    """Return what a command says that fails with one of our errors."""
    assert result.exit_code != 0
    assert isinstance(result.exception, TradewindError)
    assert result.exception.code == code
    return str(result.exception)


def test_a_pair_is_registered_changed_and_shown(run: Run) -> None:
    assert run("list").output == "no instruments\n"
    assert shown(run)["version"] == 0
    told = run("register", "WETH", "USDC", "--alias", "ETH-USD", "--max-notional-usd", "5000")
    assert told.output == f"{KEY} is registered as enabled\n"
    document = shown(run, "ETH-USD")
    assert (document["version"], document["max_notional_usd"]) == (1, "5000")
    assert run("disable", "WETH/USDC").output == f"{KEY} is disabled (version 2)\n"
    assert run("reduce-only", "ETH-USD").output == f"{KEY} is reduce_only (version 3)\n"
    changed = run("update", KEY, "--lot", "0.1", "--fee-tier", "3000", "--clear", "aliases")
    assert changed.output == f"{KEY} is reduce_only (version 4)\n"
    document = shown(run)
    assert document["lot"] == "0.1"
    assert document["fee_tiers"] == [3000]
    assert "aliases" not in document
    assert str(document["changed_by"]).startswith("cli:")
    listed = run("list").output.splitlines()
    assert listed[1].startswith(f"{KEY}  reduce_only  4")
    assert "lot 0.1, max_notional_usd 5000, fee_tiers 3000" in listed[1]
    assert [json.loads(line)["key"] for line in run("list", "--json").output.splitlines()] == [KEY]
    assert run("list", "--status", "disabled").output == "no instruments are disabled\n"
    assert "reduce_only" in run("show", KEY).output


def test_a_change_of_an_older_version_is_a_conflict(run: Run) -> None:
    run("register", "WETH", "USDC")
    assert run("disable", KEY, "--version", "1").exit_code == 0
    told = fails(run("enable", KEY, "--version", "1"), "INSTRUMENT_CONFLICT")
    assert "version 2, not 1" in told
    assert shown(run)["status"] == "disabled"


def test_what_is_so_already_is_no_change(run: Run) -> None:
    """Given a command that is repeated, then there is no other version, and no error."""
    for _ in range(2):
        assert run("register", "WETH", "USDC", "--lot", "0.50").exit_code == 0
    for _ in range(2):
        assert run("update", KEY, "--max-amount", "5", "--version", "1").exit_code == 0
    assert run("disable", KEY, "--version", "2").exit_code == 0
    assert run("disable", KEY, "--version", "2").exit_code == 0
    fails(run("disable", KEY, "--version", "1"), "INSTRUMENT_CONFLICT")
    assert shown(run)["version"] == 3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("register", "WETH", "USDC", "--lot", "1"), "INSTRUMENT_EXISTS"),
        (("register", "WETH", "USDC", "--status", "disabled"), "INSTRUMENT_EXISTS"),
        (("register", "WETH", "DAI", "--alias", KEY), "INSTRUMENT_EXISTS"),
        (("disable", "ethereum-WETH-LINK"), "INSTRUMENT_UNKNOWN"),
        (("show", "nothing"), "INSTRUMENT_UNKNOWN"),
    ],
)
def test_what_cannot_be_done_says_why(run: Run, arguments: tuple[str, ...], code: str) -> None:
    run("register", "WETH", "USDC")
    fails(run(*arguments), code)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("update", KEY), "nothing to change"),
        (("update", KEY, "--lot", "1e3"), "lot"),
        (("update", KEY, "--lot", "0"), "lot"),
        (("update", KEY, "--max-slippage-bps", "10001"), "max_slippage_bps"),
        (("update", KEY, "--min-amount", "2", "--max-amount", "1"), "min_amount"),
        (("update", KEY, "--venue", "nowhere"), "venues"),
        (("update", KEY, "--alias", "a b"), "aliases"),
        (("update", KEY, "--alias", "A", "--alias", "A"), "aliases"),
        (("update", KEY, "--lot", "1", "--clear", "lot"), "set and cleared"),
        (("register", "WETH", "NOPE"), "NOPE"),
        (("register", "WETH", "WETH"), "quote"),
    ],
)
def test_a_wrong_bound_is_a_usage_error_and_changes_nothing(
    run: Run, arguments: tuple[str, ...], named: str
) -> None:
    run("register", "WETH", "USDC")
    result = run(*arguments)
    assert result.exit_code == 2
    assert named in result.output
    assert shown(run)["version"] == 1


def test_the_files_of_the_platform_are_looked_at(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Given a file of instruments, then a pair it does not name is none, and one it names is."""
    file = tmp_path / "instruments.yaml"
    file.write_text(
        "registered_at: 2026-11-01T00:00:00Z\n"
        "instruments: [{base: WETH, quote: USDC, aliases: [ETH-USD], lot: 0.5}]\n"
    )
    monkeypatch.setenv("TRADEWIND_INSTRUMENTS_FILE", str(file))
    assert shown(run, "ETH-USD")["lot"] == "0.5"
    fails(run("show", "ethereum-WETH-DAI"), "INSTRUMENT_UNKNOWN")
