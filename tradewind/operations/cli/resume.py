"""`tradewind resume`: ends a trading state or a lock."""

import click

from tradewind.contracts.system.trading_states import Scope, TradingState
from tradewind.operations.cli.halt import checked_reason
from tradewind.operations.cli.trading_states import SCOPE, change, user
from tradewind.trading.halts.records import StateChange


@click.command()
@click.argument("scope", type=SCOPE)
@click.option("--reason", default="resumed", show_default=True, help="Why it may go on.")
def resume(scope: Scope, reason: str) -> None:
    """Let trading go on in SCOPE, which `tradewind risk` lists.

    Other scopes stay as they are: an intent goes on once none that concerns it is halted.
    """
    kept, event = change(StateChange(scope, TradingState.ACTIVE, checked_reason(reason), user()))
    if event is None:
        click.echo(f"{scope} was not stopped: `tradewind risk` lists what is")
    else:
        click.echo(f"{scope} is {kept.state} (version {kept.version})")
