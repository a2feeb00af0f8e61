"""Reads the accounts of a portfolio in a transaction of the caller."""

from collections.abc import Collection, Mapping

from tradewind.postgres import Connection
from tradewind.trading.accounting.accounts import Accounts
from tradewind.trading.accounting.refold import load_accounts, load_all_accounts


async def read_accounts(connection: Connection, portfolio_id: str) -> Accounts:
    """Return a portfolio's accounts as they were last settled; empty for one without any."""
    return await load_accounts(connection, portfolio_id)


async def read_all_accounts(
    connection: Connection, portfolio_ids: Collection[str]
) -> Mapping[str, Accounts]:
    """Return the same of several portfolios, by their ids."""
    return await load_all_accounts(connection, portfolio_ids)
