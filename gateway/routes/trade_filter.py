"""Reads what a list of refusals or fills is filtered by, and adds what the caller may see."""

from typing import Annotated, Final

from pydantic import Field, TypeAdapter
from starlette.requests import Request

from gateway.http.caller import caller_of
from gateway.http.common_parameters import LIMIT
from gateway.http.operations import Parameter
from gateway.http.parameters import invalid_parameter
from gateway.http.query import integer, moment, typed
from gateway.visibility import like_patterns
from tradewind.contracts.intents.model import PortfolioId, StrategyId
from tradewind.contracts.subjects import KeyToken
from tradewind.contracts.wire import Timestamp
from tradewind.ledger.history.search import MAX_GLOBAL_SEQ
from tradewind.ledger.history.trades import TradeFilter

_NAME: TypeAdapter[str] = TypeAdapter(StrategyId)
_INSTRUMENT: TypeAdapter[str] = TypeAdapter(KeyToken)
_EXPECTED: Final = "1 to 64 letters, digits, - or _, the first a letter or digit"


def trade_filter(request: Request, reason: str | None = None) -> TradeFilter:
    """Return the filter of a request, narrowed to the accounts of its key."""
    since, until = moment(request, "from"), moment(request, "to")
    if since is not None and until is not None and until <= since:
        raise invalid_parameter("to", "must be later than from")
    accounts = caller_of(request).accounts
    return TradeFilter(
        portfolio_in(request),
        typed(request, "strategy_id", _NAME, _EXPECTED),
        instrument_in(request),
        reason,
        since,
        until,
        like_patterns(accounts.strategies),
        like_patterns(accounts.portfolios),
    )


def portfolio_in(request: Request) -> str | None:
    """Return the portfolio that the query names."""
    return typed(request, "portfolio_id", _NAME, _EXPECTED)


def instrument_in(request: Request) -> str | None:
    """Return the pair that the query names."""
    return typed(request, "instrument", _INSTRUMENT, "a pair such as ethereum-WETH-USDC")


def trade_cursor(request: Request) -> int | None:
    """Return the place before which a page begins."""
    return integer(request, "cursor", 1, MAX_GLOBAL_SEQ)


FILTERS: Final = (
    Parameter("portfolio_id", "query", PortfolioId, "Only of this portfolio."),
    Parameter("strategy_id", "query", StrategyId, "Only of this strategy."),
    Parameter("instrument", "query", KeyToken, "Only of this pair, `ethereum-WETH-USDC`."),
    Parameter("from", "query", Timestamp, "Recorded at or after this time."),
    Parameter("to", "query", Timestamp, "Recorded before this time."),
)
PAGED: Final = (
    Parameter(
        "cursor",
        "query",
        Annotated[int, Field(ge=1, le=MAX_GLOBAL_SEQ)],
        "The `next_cursor` of the page before; a `global_seq`.",
    ),
    LIMIT,
)
