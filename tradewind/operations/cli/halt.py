"""`tradewind halt`: stops trading, everywhere or in a scope, from the end of the command on."""

from datetime import datetime, timedelta

import click

from tradewind.contracts.system.trading_states import (
    EVERYTHING,
    MAX_REASON_LENGTH,
    Scope,
    TradingState,
)
from tradewind.operations.cli.times import DURATION, TIME, show_time
from tradewind.operations.cli.trading_states import SCOPE, change, user
from tradewind.runtime import clock
from tradewind.trading.halts.records import StateChange


@click.command()
@click.argument("scope", type=SCOPE, default=EVERYTHING)
@click.option("--reason", required=True, help="Why, as whoever is refused for it is told.")
@click.option("--until", type=TIME, help="When it ends by itself; without, once it is resumed.")
@click.option("--for", "lasting", type=DURATION, help="The same as a duration: 90s, 30m, 2h, 7d.")
@click.option("--reduce", "reduces", is_flag=True, help="Let what is held be sold.")
def halt(
    scope: Scope, reason: str, until: datetime | None, lasting: timedelta | None, reduces: bool
) -> None:
    """Stop trading in SCOPE, or everywhere.

    SCOPE is everything, account:ID, portfolio:ID, strategy:ID, instrument:KEY, venue:NAME,
    chain:NAME or wallet:CHAIN:ADDRESS. A pair rests as lock:INSTRUMENT or
    lock:PORTFOLIO:INSTRUMENT, which needs an end.

    Once the command has ended, nothing is approved, signed or submitted there any more. What was
    signed before is followed to its end. What waits goes on once trading is resumed, unless it
    expires or is cancelled before.
    """
    if lasting is not None:
        if until is not None:
            raise click.UsageError("--until and --for both say when it ends")
        until = clock.now() + lasting
    state = TradingState.REDUCING if reduces else TradingState.HALTED
    kept = change(StateChange(scope, state, checked_reason(reason), user(), until)).state
    ends = "" if kept.until is None else f" until {show_time(kept.until)}"
    click.echo(f"{scope} is {kept.state}{ends}: {kept.reason} (version {kept.version})")


def checked_reason(reason: str) -> str:
    """Return a reason; a usage error when it is no line of text."""
    if not 1 <= len(reason) <= MAX_REASON_LENGTH or not reason.isprintable():
        raise click.BadParameter(
            f"must be one line of at most {MAX_REASON_LENGTH} characters", param_hint="--reason"
        )
    return reason
