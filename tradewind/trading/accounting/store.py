"""Reads the accounts of a portfolio in a transaction of the caller."""

from collections.abc import Collection, Mapping

from tradewind.postgres import Connection
from tradewind.trading.accounting.accounts import Accounts
from tradewind.trading.accounting.refold import load_accounts, load_all_accounts
from tradewind.trading.accounting.snapshot import from_json


async def read_accounts(connection: Connection, portfolio_id: str) -> Accounts:
    """Return a portfolio's accounts as they were last settled; empty for one without any."""
    return await load_accounts(connection, portfolio_id)


def accounts_of(portfolio_id: str, state: str | None) -> Accounts:
    """Return a portfolio's accounts from what `accounts` has of them; None is nothing yet."""
    return Accounts(portfolio_id) if state is None else from_json(portfolio_id, state)


async def read_all_accounts(
    connection: Connection, portfolio_ids: Collection[str]
) -> Mapping[str, Accounts]:
    """Return the same of several portfolios, by their ids."""
    return await load_all_accounts(connection, portfolio_ids)
