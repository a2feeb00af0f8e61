"""Reads what a list of refusals or fills is filtered by, and adds what the caller may see."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter
from starlette.requests import Request

from gateway.http.caller import caller_of
from gateway.http.common_parameters import LIMIT
from gateway.http.operations import Parameter
from gateway.http.parameters import invalid_parameter
from gateway.http.query import chosen, integer, moment, typed
from gateway.visibility import like_patterns
from tradewind.contracts.ids import CorrelationId
from tradewind.contracts.intents.model import PortfolioId, StrategyId
from tradewind.contracts.roles import Role
from tradewind.contracts.subjects import KeyToken
from tradewind.contracts.wire import Timestamp
from tradewind.ledger.history.search import MAX_GLOBAL_SEQ
from tradewind.ledger.history.trades import TradeFilter

_NAME: TypeAdapter[str] = TypeAdapter(StrategyId)
_INSTRUMENT: TypeAdapter[str] = TypeAdapter(KeyToken)
Symbol = Annotated[str, Field(pattern=r"^[A-Za-z0-9.]{1,32}/[A-Za-z0-9.]{1,32}$")]
_SYMBOL: TypeAdapter[str] = TypeAdapter(Symbol)
_CORRELATION: TypeAdapter[str] = TypeAdapter(CorrelationId)
STAGES: Final = tuple(map(str, Role))
_EXPECTED: Final = "1 to 64 letters, digits, - or _, the first a letter or digit"


def trade_filter(request: Request, reason: str | None = None) -> TradeFilter:
    """Return the filter of a request, narrowed to the accounts of its key."""
    since, until = _either(request, "from", "since"), _either(request, "to", "until")
    if since is not None and until is not None and until <= since:
        raise invalid_parameter("to", "must be later than from")
    accounts = caller_of(request).accounts
    return TradeFilter(
        portfolio_in(request),
        strategy_in(request),
        instrument_in(request),
        reason,
        since,
        until,
        like_patterns(accounts.strategies),
        like_patterns(accounts.portfolios),
        chosen(request, "stage", STAGES),
        typed(request, "correlation_id", _CORRELATION, "a correlation such as intent-<id>"),
        _symbol(request),
    )


def _either(request: Request, name: str, other: str) -> datetime | None:
    """Return a time that may be given by either of two names."""
    if name in request.query_params and other in request.query_params:
        raise invalid_parameter(other, f"is the same as {name}: give one of them")
    return moment(request, name) or moment(request, other)


def _symbol(request: Request) -> str | None:
    """Return the pair that the query names without its chain, as instruments end in it."""
    found = typed(request, "symbol", _SYMBOL, "a pair such as WETH/USDC")
    return None if found is None else found.replace("/", "-")


def portfolio_in(request: Request) -> str | None:
    """Return the portfolio that the query names."""
    return typed(request, "portfolio_id", _NAME, _EXPECTED)


def strategy_in(request: Request) -> str | None:
    """Return the strategy that the query names."""
    return typed(request, "strategy_id", _NAME, _EXPECTED)


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
    Parameter("since", "query", Timestamp, "Another name of `from`."),
    Parameter("until", "query", Timestamp, "Another name of `to`."),
    Parameter("symbol", "query", Symbol, "Only of this pair, `WETH/USDC`, on any chain."),
    Parameter("correlation_id", "query", CorrelationId, "Only of this history."),
)
STAGE: Final = Parameter("stage", "query", Literal[STAGES], "Only by this role.")
PAGED: Final = (
    Parameter(
        "cursor",
        "query",
        Annotated[int, Field(ge=1, le=MAX_GLOBAL_SEQ)],
        "The `next_cursor` of the page before; a `global_seq`.",
    ),
    LIMIT,
)
