"""`tradewind portfolio list|show|close|flatten`: asks the gateway, as its callers do."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any, Final

import click
from pydantic import BaseModel
from tradewind_client.rest_models import (
    BlockEvent,
    Closing,
    Fill,
    LimitDocument,
    PortfolioDetail,
    PortfolioSummary,
    PositionDocument,
)

from tradewind.contracts.wire import format_timestamp
from tradewind.operations.cli.client import URL_OPTION, platform_client
from tradewind.operations.cli.decimals import FRACTION
from tradewind.operations.cli.portfolio_fund import PortfolioIdType
from tradewind.operations.cli.tables import (
    JSON_LINES_OPTION,
    limit_option,
    print_list,
    print_table,
    printable,
)

MAX_LISTED: Final = 10_000
MAX_KEY_CHARACTERS: Final = 128
NOTHING: Final = "-"
PORTFOLIO_HEADINGS: Final = (
    *("portfolio", "state", "equity USD", "cash USD", "gross USD", "day USD", "realized USD"),
    *("unrealized USD", "positions", "open"),
)
POSITION_HEADINGS: Final = ("pair", "held", "entry", "mark", "value USD", "unrealized", "realized")
FILL_HEADINGS: Final = ("time", "pair", "side", "amount", "price", "intent")
BLOCK_HEADINGS: Final = ("time", "pair", "side", "amount", "rule", "detail")


class IdempotencyKeyType(click.ParamType[str]):
    """Accepts what the API accepts as an Idempotency-Key."""

    name = "key"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the key; the usage error says what is wrong."""
        text = str(value)
        if not (1 <= len(text) <= MAX_KEY_CHARACTERS and text.isascii() and text.isprintable()):
            self.fail(f"must be 1 to {MAX_KEY_CHARACTERS} printable ASCII characters", param, ctx)
        return text


def _closing_options[F: Callable[..., Any]](command: F) -> F:
    """Add the options that both commands take which sell."""
    options = (
        click.option(
            "--max-slippage",
            type=FRACTION,
            help="Fraction that may be lost.  [default: 0.01]",
        ),
        click.option(
            "--time-window", type=click.IntRange(1, 86_400), help="Seconds.  [default: 300]"
        ),
        click.option("--strategy", help="Who sells.  [default: who traded the pair last]"),
        click.option(
            "--key",
            type=IdempotencyKeyType(),
            help="Idempotency-Key: the same key makes the same intents.",
        ),
        URL_OPTION,
        click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command("list")
@limit_option(MAX_LISTED)
@URL_OPTION
@JSON_LINES_OPTION
def list_portfolios(limit: int, url: str | None, as_json: bool) -> None:
    """List portfolios in numbers, at the rates of their last fills."""
    with platform_client(url) as client:
        found = list(islice(client.portfolios.list(), limit))
    print_list(
        found,
        as_json,
        document=lambda one: one.model_dump(mode="json"),
        headings=PORTFOLIO_HEADINGS,
        row=_summary,
        nothing="there is no portfolio yet",
    )


@click.command()
@click.argument("portfolio_id", type=PortfolioIdType())
@URL_OPTION
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def show(portfolio_id: str, url: str | None, as_json: bool) -> None:
    """Show what a portfolio holds, what limits it, and what it did last."""
    with platform_client(url) as client:
        document = client.portfolios.get(portfolio_id)
    if as_json:
        _print_json(document)
    else:
        _print_portfolio(document)


@click.command()
@click.argument("portfolio_id", type=PortfolioIdType())
@click.argument("instrument")
@_closing_options
def close(
    portfolio_id: str,
    instrument: str,
    max_slippage: Decimal | None,
    time_window: int | None,
    strategy: str | None,
    key: str | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Sell what PORTFOLIO_ID holds of a pair, such as ethereum-WETH-USDC."""
    with platform_client(url) as client:
        closing = client.portfolios.close(
            portfolio_id,
            instrument,
            max_slippage=max_slippage,
            time_window=time_window,
            strategy_id=strategy,
            idempotency_key=key,
        )
    _print_closing(closing, as_json)


@click.command()
@click.argument("portfolio_id", type=PortfolioIdType())
@_closing_options
@click.option("--yes", is_flag=True, help="Do not ask whether to sell everything.")
def flatten(
    portfolio_id: str,
    max_slippage: Decimal | None,
    time_window: int | None,
    strategy: str | None,
    key: str | None,
    url: str | None,
    as_json: bool,
    yes: bool,
) -> None:
    """Sell everything that PORTFOLIO_ID holds, an intent for each position."""
    if not yes:
        click.confirm(f"Sell everything that {portfolio_id} holds?", abort=True, err=True)
    with platform_client(url) as client:
        closing = client.portfolios.flatten(
            portfolio_id,
            max_slippage=max_slippage,
            time_window=time_window,
            strategy_id=strategy,
            idempotency_key=key,
        )
    _print_closing(closing, as_json)


def _print_json(document: BaseModel) -> None:
    click.echo(json.dumps(document.model_dump(mode="json"), indent=2))


def _print_portfolio(document: PortfolioDetail) -> None:
    state = f", {document.state_scope}: {document.state_reason}" if document.state_reason else ""
    line = f"{document.portfolio_id} is {document.state}{state} (as of {document.as_of})"
    click.echo(f"{printable(line)}\n")
    print_table(PORTFOLIO_HEADINGS, [_summary(document)], right=PORTFOLIO_HEADINGS[2:])
    _print_part("positions", POSITION_HEADINGS, map(_position, document.positions))
    applied = document.limits
    name = f"limits (policy {applied.policy_version})"
    _print_part(name, ("limit", "value", "of"), map(_limit, applied.limits))
    _print_part("last fills", FILL_HEADINGS, map(_fill, document.recent_fills))
    _print_part("last refusals", BLOCK_HEADINGS, map(_block, document.recent_blocks))


def _print_part(name: str, headings: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> None:
    listed = list(rows)
    click.echo(f"\n{name}: none" if not listed else f"\n{name}")
    if listed:
        print_table(headings, listed)


def _print_closing(closing: Closing, as_json: bool) -> None:
    if as_json:
        _print_json(closing)
        return
    for intent in closing.intents:
        again = ", as before" if intent.is_repeated else ""
        click.echo(
            f"intent {intent.intent_id} sells {intent.qty:f} of {intent.instrument} "
            f"for {intent.strategy_id}{again}"
        )
    for left in closing.left_out:
        click.echo(f"{left.instrument} is left out: {left.reason}")
    if not closing.intents and not closing.left_out:
        click.echo(f"{closing.portfolio_id} holds nothing")


def _summary(one: PortfolioSummary | PortfolioDetail) -> tuple[str, ...]:
    numbers = (
        *(one.equity_usd, one.cash_usd, one.gross_exposure_usd, one.day_pnl_usd),
        *(one.realized_pnl_usd, one.unrealized_pnl_usd),
    )
    cells = [_number(number, 2) for number in numbers]
    return (one.portfolio_id, one.state, *cells, str(one.position_count), str(one.open_intents))


def _position(one: PositionDocument) -> tuple[str, ...]:
    return (
        one.symbol,
        _number(one.qty, 8),
        _number(one.avg_entry_price, 6),
        _number(one.mark_price, 6),
        _number(one.market_value_usd, 2),
        _number(one.unrealized_pnl, 6),
        _number(one.realized_pnl, 6),
    )


def _limit(one: LimitDocument) -> tuple[str, ...]:
    return one.name, one.value, one.scope


def _fill(one: Fill) -> tuple[str, ...]:
    at = format_timestamp(one.timestamp)
    return at, one.symbol, one.side, _number(one.qty, 8), _number(one.price, 6), one.intent_id


def _block(one: BlockEvent) -> tuple[str, ...]:
    at = format_timestamp(one.timestamp)
    return at, one.symbol, one.side, _number(one.qty, 8), one.reason, one.detail


def _number(value: Decimal | None, digits: int) -> str:
    """Return a number as a person reads it: rounded, without zeros at its end."""
    if value is None:
        return NOTHING
    rounded = round(value, digits)
    text = format(rounded, "f")
    return text.rstrip("0").rstrip(".") if digits > 2 and "." in text else text
