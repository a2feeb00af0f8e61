"""`tradewind portfolio allocate|adjust|unallocated`: whose the tokens of wallets are."""

import asyncio
from decimal import Decimal
from typing import Final

import click

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.instruments.assets import Asset
from tradewind.operations.cli.decimals import POSITIVE, PlainDecimal
from tradewind.operations.cli.portfolio_fund import (
    Direction,
    PortfolioIdType,
    move,
    registered_token,
)
from tradewind.operations.cli.tables import JSON_LINES_OPTION, print_list
from tradewind.postgres import open_pool, outage_is_transient
from tradewind.settings import PostgresSettings, load
from tradewind.trading.accounting.funding import Capital, read_unallocated

REFERENCE_OPTION: Final = click.option(
    "--reference",
    help="Your name for this booking: repeating the command with it changes nothing.",
)
TOKEN_OPTION: Final = click.option(
    "--token", "symbol", required=True, help="The symbol of a registered token."
)


DIFFERENCE: Final = PlainDecimal("amount", bool, "must not be 0")


@click.command()
@click.argument("portfolio_id", type=PortfolioIdType())
@TOKEN_OPTION
@click.option("--amount", type=POSITIVE, required=True, help="Whole tokens.")
@click.option("--return", "returns", is_flag=True, help="Take it back for no portfolio.")
@click.option("--price-usd", type=POSITIVE, help="Dollars for a whole token, where you know.")
@click.option("--note", default="", help="Why, for whoever reads the history.")
@REFERENCE_OPTION
def allocate(
    portfolio_id: str,
    symbol: str,
    amount: Decimal,
    returns: bool,
    price_usd: Decimal | None,
    note: str,
    reference: str | None,
) -> None:
    """Give PORTFOLIO_ID some of what came to the wallets for no portfolio, or take it back.

    Deposits and what tokens pay by themselves are nobody's until then. It counts once the ledger
    has it, which takes some seconds. No more is taken back than PORTFOLIO_ID has to spare.
    """
    token = registered_token(symbol)
    direction: Direction = "out" if returns else "in"
    capital = Capital(portfolio_id, token, amount, direction, price_usd, "allocation")
    move(capital, note, reference, "returned by" if returns else "allocated to")


@click.command()
@click.argument("portfolio_id", type=PortfolioIdType())
@TOKEN_OPTION
@click.option("--amount", type=DIFFERENCE, required=True, help="Whole tokens; negative for less.")
@click.option("--note", required=True, help="What was wrong, for whoever reads the history.")
@REFERENCE_OPTION
def adjust(
    portfolio_id: str, symbol: str, amount: Decimal, note: str, reference: str | None
) -> None:
    """Put right what PORTFOLIO_ID has by its accounts. Nothing is edited: an entry is added."""
    direction: Direction = "in" if amount > 0 else "out"
    token = registered_token(symbol)
    capital = Capital(portfolio_id, token, abs(amount), direction, kind="adjustment")
    move(capital, note, reference, "added to" if amount > 0 else "taken off")


@click.command()
@JSON_LINES_OPTION
def unallocated(as_json: bool) -> None:
    """List what came to the wallets, and left them, for no portfolio."""
    found = asyncio.run(_read())
    print_list(
        found,
        as_json,
        document=lambda one: {
            "token": one[0].address,
            "symbol": one[0].symbol,
            "amount": _text(*one),
        },
        headings=("token", "amount", "address"),
        row=lambda one: (one[0].symbol, _text(*one), one[0].address),
        nothing="nothing is unallocated",
    )


def _whole(token: Asset, units: int) -> Decimal:
    return from_base_units(units, token.decimals)


def _text(token: Asset, units: int) -> str:
    return f"{_whole(token, units):f}"


async def _read() -> list[tuple[Asset, int]]:
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1)
    try:
        with outage_is_transient():
            async with pool.acquire() as connection:
                return await read_unallocated(connection)
    finally:
        await pool.close()
