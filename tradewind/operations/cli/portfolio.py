"""`tradewind portfolio`: capital of portfolios, and their accounts held against the ledger."""

import click

from tradewind.operations.cli.portfolio_fund import fund
from tradewind.operations.cli.portfolio_replay import replay
from tradewind.operations.cli.verbs import Verbs


@click.group(cls=Verbs)
def portfolio() -> None:
    """Give capital to portfolios, and make their accounts again from the ledger."""


portfolio.add_command(fund)
portfolio.add_command(replay)
