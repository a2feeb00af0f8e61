"""Every command logs in as the least that can do its work."""

import click
import pytest
from click.testing import CliRunner

from tradewind.operations.cli import COMMANDS, OWN_ADDRESSES, command_line
from tradewind.operations.processes import runtime_file

DECIDES = {
    "migrate": "administrator",
    "provision": "administrator",
    "gateway": "gateway",
    "keys create": "operator",
    "keys rotate": "operator",
    "keys revoke": "operator",
    "hooks create": "operator",
    "hooks revoke": "operator",
    "portfolio adjust": "operator",
    "portfolio allocate": "operator",
    "portfolio fund": "operator",
    "portfolio replay": "operator",
    "rebuild": "operator",
    "rebuild --verify": "operator",
    "redecide": "operator",
    "dlq retry": "operator",
    "dlq resolve": "operator",
    "halt": "operator",
    "limits apply": "operator",
    "approvals approve": "operator",
    "approvals deny": "operator",
    "signals approve": "operator",
    "signals decline": "operator",
    "signals keep-tables": "operator",
    "signals reevaluate": "operator",
    "resume": "operator",
    "instruments register": "operator",
    "instruments update": "operator",
    "instruments enable": "operator",
    "instruments disable": "operator",
    "instruments reduce-only": "operator",
    "wallet cancel": "operator",
    "wallet fill": "operator",
    "wallet reconcile": "operator",
    "wallet resume": "operator",
    "history import": "coordinator",
    "data import": "operator",
    "data fetch": "operator",
    "data resample": "operator",
}
LOOKS = (
    *(
        "replay",
        "explain",
        "stalled",
        "parked",
        "quarantine list",
        "quarantine show",
        "dlq list",
        "dlq show",
    ),
    *("wallet status", "wallet slots", "wallet balances", "wallet history"),
    *("history export", "demo", "tokens inspect", "risk"),
    *("instruments list", "instruments show"),
    *("portfolio list", "portfolio show", "portfolio close", "portfolio flatten"),
    "portfolio unallocated",
    *("signals waiting", "signals calibrate"),
    *("data list", "data show", "data verify", "data export"),
    *("backtest run", "backtest list", "backtest show", "backtest compare", "backtest cancel"),
    *("keys list", "keys show", "hooks list"),
    *("whatif", "parity"),
    *("limits check", "limits diff", "limits show", "limits history", "approvals list"),
)


@pytest.mark.parametrize(
    ("words", "identity"), [*DECIDES.items(), *((words, "reader") for words in LOOKS)]
)
def test_a_command_logs_in_as_the_least_that_can_do_its_work(
    words: str, identity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(runtime_file, "export_addresses", lambda _, *who: seen.extend(who))
    result = CliRunner().invoke(command_line, [*words.split(), "--help"])
    assert result.exit_code == 0, result.output
    assert seen == [identity]


def test_no_command_is_left_out() -> None:
    context = click.Context(command_line)
    there = set()
    for name in set(COMMANDS) - OWN_ADDRESSES:
        command = command_line.get_command(context, name)
        verbs = command.list_commands(context) if isinstance(command, click.Group) else [""]
        there |= {f"{name} {verb}".strip() for verb in verbs}
    said = {" ".join(words.split()[:2]) for words in (*DECIDES, *LOOKS)}
    assert {one for one in said if "--" not in one} == there
