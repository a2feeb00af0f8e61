"""Shows candles of recorded prices, the newest as far as it has come."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.aliases import aliased
from gateway.http.caller import KeyScope
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter
from gateway.http.problems import Problem, ProblemCode
from gateway.http.query import integer, moment
from gateway.http.responses import document_response
from gateway.routes.market import SYMBOL, named_instrument, required_symbol
from gateway.routes.market_documents import CandleGap, CandlePage, candles_of
from gateway.services import services_of
from tradewind.contracts.market.ticks import TICK_INTERVALS_SECONDS
from tradewind.contracts.wire import Timestamp
from tradewind.runtime import clock
from tradewind.trading.ticks.candles import begin_of, gaps_of
from tradewind.trading.ticks.reader import RecordedCandle, Stretch

MAX_CANDLES: Final = 1_500
DEFAULT_CANDLES: Final = 500
BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Nothing was recorded before."""


async def list_candles(request: Request) -> Response:
    """GET /market/candles: open, high, low and close of stretches of time, oldest first.

    Without `from` the newest ones before `to`, or before now. The last one may go on: `closed` is
    false then. A stretch in which nobody saw a price has no candle; `gaps` names it.
    """
    symbol, interval = required_symbol(request), _interval(request)
    now = clock.now()
    wanted = _stretch(request, TICK_INTERVALS_SECONDS[interval], now)
    named = await named_instrument(request, symbol)
    found = await services_of(request).recorded.candles(named.instrument, wanted, now)
    document = CandlePage(
        symbol=named.symbol,
        instrument=named.instrument,
        interval=interval,
        items=candles_of(found),
        gaps=await _gaps(request, named.instrument, wanted, found, now),
    )
    return document_response(request, document)


def _interval(request: Request) -> str:
    interval = request.query_params.get("interval")
    if interval is None:
        raise invalid_parameter("interval", f"is missing: {', '.join(TICK_INTERVALS_SECONDS)}")
    if interval not in TICK_INTERVALS_SECONDS:
        raise Problem(
            ProblemCode.INTERVAL_NOT_AVAILABLE,
            f"interval must be one of {', '.join(TICK_INTERVALS_SECONDS)}",
        )
    return interval


def _stretch(request: Request, seconds: int, now: datetime) -> Stretch:
    """Return which candles are asked for; RANGE_TOO_LARGE for more than an answer holds."""
    since, until = moment(request, "from"), moment(request, "to")
    limit = integer(request, "limit", 1, MAX_CANDLES)
    length, next_begin = timedelta(seconds=seconds), begin_of(now, seconds)
    next_begin += length
    if since is not None and until is not None:
        if until <= since:
            raise invalid_parameter("to", "must be later than from")
        if until - since > MAX_CANDLES * length:
            raise Problem(
                ProblemCode.RANGE_TOO_LARGE,
                f"from and to must not be more than {MAX_CANDLES:,} candles apart",
            )
        limit = limit or MAX_CANDLES
    span = (limit or DEFAULT_CANDLES) * length
    end = _begin_after(until, seconds, next_begin)
    if since is None:
        return Stretch(seconds, end - span, end)
    begin = _begin_after(since, seconds, next_begin)
    return Stretch(seconds, begin, min(begin + span, end))


def _begin_after(time: datetime | None, seconds: int, latest: datetime) -> datetime:
    """Return where the first candle begins that does not begin before a time."""
    if time is None or time >= latest:
        return latest
    known = max(time, BEGINNING)
    begin = begin_of(known, seconds)
    return begin if begin == known else begin + timedelta(seconds=seconds)


async def _gaps(
    request: Request,
    instrument: str,
    wanted: Stretch,
    found: list[RecordedCandle],
    now: datetime,
) -> tuple[CandleGap, ...]:
    """Return stretches without a candle after the instrument's first one, and that are over."""
    seconds, since, until = wanted
    begins = [one.time for one in found]
    if not begins or begins[0] > since:
        first = await services_of(request).recorded.first_candle(instrument, seconds)
        if first is None:
            return ()
        since = max(since, first)
    until = min(until, begin_of(now, seconds))
    return tuple(
        CandleGap(from_=begin, to=end) for begin, end in gaps_of(begins, since, until, seconds)
    )


_LIST: Final = Operation(
    "GET",
    "/market/candles",
    list_candles,
    tag="market",
    scope=KeyScope.READ,
    answer=CandlePage,
    parameters=[
        SYMBOL,
        Parameter(
            "interval",
            "query",
            Annotated[str, Field(json_schema_extra={"enum": list(TICK_INTERVALS_SECONDS)})],
            "How long each candle is.",
            is_required=True,
        ),
        Parameter("from", "query", Timestamp, "Candles that begin at or after this time."),
        Parameter("to", "query", Timestamp, "Candles that begin before this time."),
        Parameter(
            "limit",
            "query",
            Annotated[int, Field(ge=1, le=MAX_CANDLES)],
            f"How many candles, {DEFAULT_CANDLES} when absent; all between from and to.",
        ),
    ],
    problems=[
        ProblemCode.SYMBOL_NOT_FOUND,
        ProblemCode.INTERVAL_NOT_AVAILABLE,
        ProblemCode.RANGE_TOO_LARGE,
        ProblemCode.READ_UNAVAILABLE,
    ],
)
OPERATIONS: Final = [_LIST, aliased(_LIST, "/api/v1/market/candles", "list_candles_v1")]
