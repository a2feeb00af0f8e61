"""`tradewind portfolio fund`: gives capital to a portfolio, or takes it back."""

import asyncio
import getpass
import os
from decimal import Decimal
from typing import Any, Final, Literal

import click
from pydantic import TypeAdapter, ValidationError

from tradewind.contracts.envelope import Event, describe
from tradewind.contracts.instruments.assets import RegisteredToken
from tradewind.contracts.intents.model import PortfolioId
from tradewind.contracts.payload import MAX_DETAIL_LENGTH
from tradewind.contracts.portfolio.payloads import PortfolioFunded
from tradewind.operations.cli.decimals import POSITIVE
from tradewind.postgres import open_pool
from tradewind.runtime import clock
from tradewind.settings import ChainNameSettings, PostgresSettings, TokenSettings, load
from tradewind.trading.accounting.funding import Capital, funding, keep_funding
from tradewind.trading.book.strategies import strategies_of
from tradewind.trading.tokens import load_tokens

PRODUCER: Final = "cli"
MAX_REQUESTER_LENGTH: Final = 64
MAX_REFERENCE_LENGTH: Final = 128
REFERENCE_BYTES: Final = 16
type Direction = Literal["in", "out"]


class PortfolioIdType(click.ParamType[str]):
    """Accepts what the API accepts as a portfolio's id."""

    name = "portfolio"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the id; the usage error says what is wrong."""
        try:
            return str(TypeAdapter(PortfolioId).validate_python(value))
        except ValidationError as error:
            self.fail(f"{value!r}: {error.errors()[0]['msg']}", param, ctx)


@click.command()
@click.argument("portfolio_id", type=PortfolioIdType())
@click.option("--token", "symbol", required=True, help="The symbol of a registered token.")
@click.option("--amount", type=POSITIVE, required=True, help="Whole tokens.")
@click.option("--withdraw", is_flag=True, help="Take the capital back instead of giving it.")
@click.option(
    "--price-usd",
    type=POSITIVE,
    help="Dollars for a whole token; without, a pegged token counts as one, any other as unpriced.",
)
@click.option("--note", default="", help="Why, for whoever reads the history.")
@click.option(
    "--reference",
    help="Your name for this payment: repeating the command with it changes nothing.",
)
def fund(
    portfolio_id: str,
    symbol: str,
    amount: Decimal,
    withdraw: bool,
    price_usd: Decimal | None,
    note: str,
    reference: str | None,
) -> None:
    """Give capital to PORTFOLIO_ID, or take it back.

    It says whose tokens those of the wallet are, and moves none. Rules about funds apply to the
    portfolio from then on. It counts once the ledger has it, which takes some seconds. No more is
    taken back than the portfolio has and its open intents do not need.
    """
    direction: Direction = "out" if withdraw else "in"
    capital = Capital(portfolio_id, registered_token(symbol), amount, direction, price_usd)
    move(capital, note, reference, "taken from" if withdraw else "given to")


def move(capital: Capital, note: str, reference: str | None, verb: str) -> None:
    """Keep the event that moves capital, and say so; UsageError for what it may not say."""
    _check_length(note, MAX_DETAIL_LENGTH, "--note")
    _check_length(reference or "", MAX_REFERENCE_LENGTH, "--reference")
    token, price_usd = capital.token, capital.price_usd
    if token.usd_pegged and price_usd not in (None, 1):
        # It counts as one wherever it is valued: another price would be a gain or a loss at once.
        raise click.BadParameter(f"{token.symbol} counts as one dollar", param_hint="--price-usd")
    told_apart_by = reference or os.urandom(REFERENCE_BYTES).hex()
    try:
        event, is_new = asyncio.run(_keep(capital, note, told_apart_by))
    except ValidationError as error:
        raise click.UsageError(describe(error)) from None
    told = f"{capital.amount:f} {capital.token.symbol} {verb} {capital.portfolio_id}"
    click.echo(f"{told}: {event.event_id}" if is_new else f"{told} before: {event.event_id}")


def _check_length(text: str, longest: int, option: str) -> None:
    if len(text) > longest:
        raise click.BadParameter(f"at most {longest} characters", param_hint=option)


def registered_token(symbol: str) -> RegisteredToken:
    chain = load(ChainNameSettings).chain
    found = load_tokens(load(TokenSettings).tokens_file).by_symbol(chain, symbol)
    if found is None:
        raise click.BadParameter(f"{chain} has no token {symbol}", param_hint="--token")
    return found


async def _keep(capital: Capital, note: str, reference: str) -> tuple[Event[PortfolioFunded], bool]:
    """Keep the event; also say whether it was not kept before."""
    pool = await open_pool(
        load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1, writes=True
    )
    try:
        async with pool.acquire() as connection, connection.transaction():
            event = funding(
                capital,
                requested_by=f"cli:{getpass.getuser()}"[:MAX_REQUESTER_LENGTH],
                note=note,
                reference=reference,
                producer=PRODUCER,
                at=clock.now(),
                strategies=await strategies_of(connection, capital.portfolio_id),
            )
            return event, await keep_funding(connection, event)
    finally:
        await pool.close()
