"""`tradewind whatif`: what other limits would have made of recorded decisions."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import click

from tradewind.contracts.wire import format_timestamp
from tradewind.operations.cli.tables import print_table, printable
from tradewind.operations.cli.times import time_range_options
from tradewind.operations.embedded.model_keys import take_model_keys
from tradewind.operations.embedded.platform_chain import take_keys
from tradewind.runtime import clock

LIMITS: Final = (
    *("max_notional_usd", "min_notional_usd", "max_slippage"),
    *("max_position_usd", "max_daily_notional_usd", "max_drawdown"),
)
_BEGINNING: Final = datetime(2020, 1, 1, tzinfo=UTC)
MAX_DAYS: Final = 400
"""How long a what-if may be; one of longer is asked in parts."""


def _changes(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, str]:
    changed = {}
    for text in texts:
        name, is_set, value = text.partition("=")
        if not is_set or name not in LIMITS:
            raise click.BadParameter(f"{text!r} is not LIMIT=VALUE with one of {', '.join(LIMITS)}")
        changed[name] = value
    return changed


@click.command()
@time_range_options
@click.option(
    "--set",
    "changes",
    multiple=True,
    required=True,
    metavar="LIMIT=VALUE",
    callback=_changes,
    help=f"A limit and its other value; several times for several. {', '.join(LIMITS)}.",
)
@click.option("--strategy", "strategy_id", help="Only the intents of this strategy.")
@click.option(
    "--exact",
    type=click.IntRange(0, 200_000),
    default=20_000,
    show_default=True,
    help="How many newly accepted intents are filled on their recorded markets; of more, a sample.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.pass_context
def whatif(
    context: click.Context,
    since: datetime | None,
    until: datetime | None,
    changes: dict[str, str],
    strategy_id: str | None,
    exact: int,
    as_json: bool,
) -> None:
    """Decide recorded intents again under other limits: what flips, and what it would have brought.

    Without --from everything is decided again, without --to up to now. Nothing is published and
    nothing is written.
    """
    until = until or clock.now()
    request = {
        "from": format_timestamp(since or max(_BEGINNING, until - timedelta(days=MAX_DAYS))),
        "to": format_timestamp(until),
        "strategy_id": strategy_id,
        "limits": changes,
    }
    # A decision signs nothing and asks no model, so the child process gets no key.
    take_keys(os.environ)
    take_model_keys(os.environ)
    command = [sys.executable, "-m", "research.whatif", f"--exact={exact}", "--progress"]
    done = subprocess.run(  # noqa: S603
        command, input=json.dumps(request).encode(), stdout=subprocess.PIPE, check=False
    )
    if done.returncode:
        context.exit(done.returncode)
    if as_json:
        click.echo(done.stdout)
        return
    _print(json.loads(done.stdout))


def _print(told: dict[str, Any]) -> None:
    total = told["flips_total"]
    click.echo(f"{told['decisions']:,} intents: {told['same']:,} as before, {total:,} otherwise")
    if told["unknown"]:
        click.echo(f"{told['unknown']:,} of them lack a number that a limit is held against")
    _print_profit(told)
    if not total:
        return
    rules = [(one["rule"], f"{one['flips']:,}") for one in told["by_rule"]]
    print_table(("rule", "flips"), rules, right=("flips",))
    days = [
        (one["day"], f"{one['flips']:,}", _money(one["profit_delta"])) for one in told["by_day"]
    ]
    print_table(("day", "flips", "profit, USD"), days, right=("flips", "profit, USD"))
    rows = [_flip(one) for one in told["flips"][:SHOWN]]
    print_table(("time", "history", "strategy", "instrument", "verdict", "rule", "exact"), rows)
    if total > len(rows):
        click.echo(f"{total - len(rows):,} more")


def _print_profit(told: dict[str, Any]) -> None:
    change = Decimal(told["profit_after"]) - Decimal(told["profit_before"])
    print_table(
        ("", "before", "after"),
        [
            ("profit, USD", _money(told["profit_before"]), _money(told["profit_after"])),
            ("deepest fall, USD", _money(told["drawdown_before"]), _money(told["drawdown_after"])),
        ],
        right=("before", "after"),
    )
    click.echo(f"that is {change:+,.2f} USD")
    if told["sampled"]:
        click.echo(
            f"{told['filled_exactly']:,} newly accepted intents were filled on their markets, the "
            "others are taken to be like the mean of those"
        )


def _flip(one: dict[str, Any]) -> tuple[str, ...]:
    return (
        one["time"],
        one["correlation_id"],
        one["strategy_id"],
        one["instrument"],
        f"{one['before']} -> {one['after']}",
        one["reason"],
        _SURE[one["confirmed"]],
    )


SHOWN: Final = 20
_SURE: Final = {True: "yes", False: "no", None: ""}


def _money(text: str) -> str:
    return printable(f"{Decimal(text):,.2f}")
