"""Shows what instruments were worth: ticks as they came, and candles made of them."""

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.aliases import aliased
from gateway.http.caller import KeyScope
from gateway.http.common_parameters import LIMIT
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter, page_size
from gateway.http.problems import Problem, ProblemCode
from gateway.http.query import PLACE_CURSOR, ListPage, cut, moment, page_of, place, typed
from gateway.http.responses import document_response
from gateway.routes.market_documents import SymbolDocument, TickDocument, symbol_of, tick_of
from gateway.services import services_of
from tradewind.contracts.instruments.registry import MAX_INSTRUMENTS
from tradewind.contracts.market.ticks import TickSymbol
from tradewind.contracts.subjects import KeyToken
from tradewind.contracts.wire import Timestamp
from tradewind.ledger.upkeep.place import Place
from tradewind.runtime import clock
from tradewind.trading.ticks.reader import AFTER_ALL_TICKS, Named, TickPlace

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SYMBOL: Final = TypeAdapter[str](TickSymbol)
_KEY: Final = TypeAdapter[str](KeyToken)


async def list_ticks(request: Request) -> Response:
    """GET /market/ticks: the prices of an instrument as they were seen, newest first.

    Ticks are kept for some days; candles stay.
    """
    symbol = _symbol(request)
    since, until = (
        moment(request, "since") or BEGINNING,
        moment(request, "until") or AFTER_ALL_TICKS.time,
    )
    if until <= since:
        raise invalid_parameter("until", "must be later than since")
    before, limit = _tick_place(request), page_size(request)
    named = await named_instrument(request, symbol)
    found = await services_of(request).recorded.ticks(
        named.instrument, since, until, before, limit + 1
    )
    page, last = cut(found, limit)
    items = [tick_of(named, one) for one in page]
    return document_response(
        request, page_of(items, None if last is None else Place(last.time, str(last.sequence)))
    )


async def list_symbols(request: Request) -> Response:
    """GET /market/symbols: what has ticks and candles, by instrument, with the newest price."""
    after, limit = typed(request, "cursor", _KEY, "the next_cursor of a page"), page_size(request)
    services, now = services_of(request), clock.now()
    page, last = cut(await services.recorded.symbols(after or "", limit + 1), limit)
    registered = await services.instruments.page(None, MAX_INSTRUMENTS)
    statuses = {one.key: one.status for one in registered}
    items = [symbol_of(one, statuses.get(one.instrument), now) for one in page]
    return document_response(request, page_of(items, None if last is None else last.instrument))


async def named_instrument(request: Request, symbol: str) -> Named:
    """Return the instrument of a key, a symbol or an alias; a Problem where it has no ticks."""
    services = services_of(request)
    named = await services.recorded.named(symbol)
    if named is None and (registered := await services.instruments.one(symbol)) is not None:
        named = await services.recorded.named(registered.key)
    if named is None:
        raise Problem(ProblemCode.SYMBOL_NOT_FOUND, f"nothing was recorded of {symbol}")
    return named


def required_symbol(request: Request) -> str:
    """Return the parameter `symbol`."""
    return _symbol(request)


def _symbol(request: Request) -> str:
    expected = "a symbol such as WETH/USDC or a key such as ethereum-WETH-USDC"
    symbol = typed(request, "symbol", _SYMBOL, expected)
    if symbol is None:
        raise invalid_parameter("symbol", f"is missing: {expected}")
    return symbol


def _tick_place(request: Request) -> TickPlace:
    """Return the place before which a page begins."""
    given = place(request)
    if given is None:
        return AFTER_ALL_TICKS
    if not (given.name.isdigit() and int(given.name) <= AFTER_ALL_TICKS.sequence):
        raise invalid_parameter("cursor", "must be the next_cursor of a page")
    return TickPlace(given.at, int(given.name))


SYMBOL: Final = Parameter(
    "symbol",
    "query",
    TickSymbol,
    "A symbol such as WETH/USDC or ETH-PERP, a key such as ethereum-WETH-USDC, or an alias.",
    is_required=True,
)
_TICKS: Final = Operation(
    "GET",
    "/market/ticks",
    list_ticks,
    tag="market",
    scope=KeyScope.READ,
    answer=ListPage[TickDocument],
    parameters=[
        SYMBOL,
        Parameter("since", "query", Timestamp, "Seen at or after this time."),
        Parameter("until", "query", Timestamp, "Seen before this time."),
        PLACE_CURSOR,
        LIMIT,
    ],
    problems=[ProblemCode.SYMBOL_NOT_FOUND, ProblemCode.READ_UNAVAILABLE],
)
_SYMBOLS: Final = Operation(
    "GET",
    "/market/symbols",
    list_symbols,
    tag="market",
    scope=KeyScope.READ,
    answer=ListPage[SymbolDocument],
    parameters=[
        Parameter(
            "cursor",
            "query",
            Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")],
            "The `next_cursor` of the page before.",
        ),
        LIMIT,
    ],
    problems=[ProblemCode.READ_UNAVAILABLE],
)
OPERATIONS: Final = [
    _TICKS,
    aliased(_TICKS, "/api/v1/market/ticks", "list_ticks_v1"),
    _SYMBOLS,
    aliased(_SYMBOLS, "/api/v1/market/symbols", "list_symbols_v1"),
]
