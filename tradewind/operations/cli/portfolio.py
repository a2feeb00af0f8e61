"""`tradewind portfolio`: what portfolios hold, their capital, and their accounts."""

import click

from tradewind.operations.cli.portfolio_allocate import adjust, allocate, unallocated
from tradewind.operations.cli.portfolio_fund import fund
from tradewind.operations.cli.portfolio_replay import replay
from tradewind.operations.cli.portfolio_views import close, flatten, list_portfolios, show
from tradewind.operations.cli.verbs import Verbs


@click.group(cls=Verbs)
def portfolio() -> None:
    """Show and close what portfolios hold, fund them, and make their accounts again."""


portfolio.add_command(list_portfolios)
portfolio.add_command(show)
portfolio.add_command(close)
portfolio.add_command(flatten)
portfolio.add_command(fund)
portfolio.add_command(allocate)
portfolio.add_command(adjust)
portfolio.add_command(unallocated)
portfolio.add_command(replay)
