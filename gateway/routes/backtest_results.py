"""Shows what came of a back-test: results, equity, trades, and the events of one trade."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Final

from pydantic import Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.backtests.documents import EquityCurve, TradePage, is_over, trades_of
from gateway.backtests.equity import (
    DEFAULT_POINTS,
    MAX_POINTS,
    MIN_POINTS,
    curve_of,
    joined,
    within,
)
from gateway.backtests.histories import MAX_TRADE, trade_events
from gateway.backtests.trades_csv import HEADER, csv_rows
from gateway.http.caller import KeyScope
from gateway.http.common_parameters import LIMIT, path_parameter
from gateway.http.conditional import lasting_response
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter, page_size
from gateway.http.problems import Problem, ProblemCode
from gateway.http.query import chosen, integer, moment, typed
from gateway.http.responses import document_response, raw_page_response
from gateway.routes.backtests import RUN_ID, SHOW_PROBLEMS, backtest_in, not_finished
from gateway.routes.intents import HistoryPage
from gateway.services import services_of
from tradewind.contracts.backtests.model import Instrument, RunStatus
from tradewind.contracts.backtests.results import Outcome, Results
from tradewind.contracts.wire import Timestamp
from tradewind.readmodels.models.backtest import BacktestDocument
from tradewind.simulation.errors import ShapeMissing
from tradewind.trading.backtests.records import TradeFilter, TradeRow

CSV: Final = "text/csv"
CSV_PAGE_TRADES: Final = 1_000
MADE_ON_DEMAND: Final = {"X-Made-On-Demand": "true"}
_SIDES: Final = ("acquire", "dispose")
_ORDERS: Final = ("asc", "desc")
_INSTRUMENTS: TypeAdapter[str] = TypeAdapter(Instrument)


async def show_backtest_results(request: Request) -> Response:
    """GET /backtests/{run_id}/results: metrics, costs, months, instruments and guards."""
    document = await completed_in(request)
    ended = await services_of(request).backtests.ends.end(document.run_id)
    if ended is None or ended.results is None:
        raise await _gone(request, document)
    return lasting_response(request, ended.parsed_results())


async def show_backtest_equity(request: Request) -> Response:
    """GET /backtests/{run_id}/equity: the equity over time, in as many points as asked for.

    Points are joined so that no peak is lost: each has the lowest, the highest and the last.
    """
    most = integer(request, "points", MIN_POINTS, MAX_POINTS) or DEFAULT_POINTS
    start, end = moment(request, "from"), moment(request, "to")
    if start is not None and end is not None and end <= start:
        raise invalid_parameter("to", "must be later than from")
    document = await completed_in(request)
    slices = await services_of(request).backtests.rows.equity(document.run_id)
    if not slices:
        raise await _gone(request, document)

    def curve() -> EquityCurve:
        points = within(curve_of(slices), start, end)
        return EquityCurve(points=tuple(joined(points, most)), total=len(points))

    return lasting_response(request, await asyncio.to_thread(curve))


async def list_backtest_trades(request: Request) -> Response:
    """GET /backtests/{run_id}/trades: by number, filtered, paged by cursor.

    A run that goes on has those of the slices that are done.
    """
    only, limit = _filter(request), page_size(request)
    descending = chosen(request, "order", _ORDERS) == "desc"
    cursor = integer(request, "cursor", 0, MAX_TRADE)
    document = await backtest_in(request)
    rows = await services_of(request).backtests.rows.trades(
        document.run_id, only, cursor, limit + 1, descending=descending
    )
    if not rows and is_over(document):
        await _check_kept(request, document)
    items = trades_of([row.document for row in rows[:limit]])
    page = TradePage(items=items, next_cursor=items[-1].number if len(rows) > limit else None)
    if is_over(document):
        return lasting_response(request, page)
    return document_response(request, page)


async def show_trade_events(request: Request) -> Response:
    """GET /backtests/{run_id}/trades/{number}/events: the history of one trade, made now.

    The envelopes are those that the platform would have published; their producer is `backtest`,
    and no ledger holds them.
    """
    require_accepts(request, JSON)
    number = _number(request)
    document = await backtest_in(request)
    row = await services_of(request).backtests.rows.trade(document.run_id, number)
    if row is None or row.record is None:
        await _check_kept(request, document)
        raise Problem(ProblemCode.TRADE_NOT_FOUND, _no_trade(number, row))
    try:
        events = await trade_events(services_of(request).history, document, row.record)
    except ShapeMissing:
        raise Problem(ProblemCode.TRADE_NOT_FOUND, _NO_TICKS) from None
    response = raw_page_response(request, [one.to_bytes() for one in events], None)
    response.headers.update(MADE_ON_DEMAND)
    return response


async def export_backtest_trades(request: Request) -> Response:
    """GET /backtests/{run_id}/trades.csv: all trades of a completed run as a file.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    require_accepts(request, CSV)
    document = await completed_in(request)
    first = await _page(request, document.run_id, 0)
    if not first:
        await _check_kept(request, document)

    async def lines() -> AsyncIterator[bytes]:
        yield HEADER
        page = first
        while page:
            yield await asyncio.to_thread(csv_rows, trades_of([row.document for row in page]))
            page = await _page(request, document.run_id, page[-1].number)

    name = f"backtest-{document.run_id}-trades.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines(), 200, headers, CSV)


async def completed_in(request: Request) -> BacktestDocument:
    """Return the run that the path names; a Problem where it has no result, or none yet."""
    document = await backtest_in(request)
    if document.status is not RunStatus.COMPLETED:
        raise not_finished(document)
    return document


async def _check_kept(request: Request, document: BacktestDocument) -> None:
    """Raise RESULT_EXPIRED where the rows of a run were removed."""
    if is_over(document) and await services_of(request).backtests.ends.is_expired(document.run_id):
        raise _expired()


async def _gone(request: Request, document: BacktestDocument) -> Problem:
    """Return why a run that is completed has no rows."""
    await _check_kept(request, document)
    return Problem(
        ProblemCode.READ_UNAVAILABLE,
        "the result is not there yet; ask again",
        headers={"Retry-After": "2"},
    )


def _expired() -> Problem:
    return Problem(
        ProblemCode.RESULT_EXPIRED, "the result was removed; the same run again has the same one"
    )


async def _page(request: Request, run_id: str, after: int) -> Sequence[TradeRow]:
    return await services_of(request).backtests.rows.trades(
        run_id, TradeFilter(), after, CSV_PAGE_TRADES, descending=False
    )


def _filter(request: Request) -> TradeFilter:
    return TradeFilter(
        side=chosen(request, "side", _SIDES),
        instrument=typed(request, "instrument", _INSTRUMENTS, "such as ethereum-WETH-USDC"),
        outcome=chosen(request, "outcome", tuple(Outcome)),
    )


def _number(request: Request) -> int:
    text: str = request.path_params["number"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    if not 1 <= number <= MAX_TRADE:
        raise invalid_parameter("number", f"must be an integer from 1 to {MAX_TRADE}", MAX_TRADE)
    return number


_NO_TICKS: Final = (
    "its events cannot be made: the ledger has no ticks of the pools that its decision read, as of "
    "runs over the events of pools, whose ticks only the dataset has"
)


def _no_trade(number: int, row: TradeRow | None) -> str:
    if row is None:
        return f"the back-test has no trade {number}"
    return "the back-test was asked for without a record of what its decisions read"


RESULT_PROBLEMS: Final = [
    *SHOW_PROBLEMS,
    ProblemCode.BACKTEST_NOT_FINISHED,
    ProblemCode.RESULT_EXPIRED,
]
_TradeNumber = Annotated[int, Field(ge=1, le=MAX_TRADE)]
OPERATIONS: Final = [
    Operation(
        "GET",
        "/backtests/{run_id}/results",
        show_backtest_results,
        tag="backtests",
        scope=KeyScope.READ,
        answer=Results,
        parameters=[RUN_ID],
        problems=RESULT_PROBLEMS,
    ),
    Operation(
        "GET",
        "/backtests/{run_id}/equity",
        show_backtest_equity,
        tag="backtests",
        scope=KeyScope.READ,
        answer=EquityCurve,
        parameters=[
            RUN_ID,
            Parameter(
                "points",
                "query",
                Annotated[int, Field(ge=MIN_POINTS, le=MAX_POINTS)],
                f"How many points at most, {DEFAULT_POINTS} when absent.",
            ),
            Parameter("from", "query", Timestamp, "From this time on."),
            Parameter("to", "query", Timestamp, "Before this time."),
        ],
        problems=RESULT_PROBLEMS,
    ),
    Operation(
        "GET",
        "/backtests/{run_id}/trades",
        list_backtest_trades,
        tag="backtests",
        scope=KeyScope.READ,
        answer=TradePage,
        parameters=[
            RUN_ID,
            Parameter(
                "side",
                "query",
                Annotated[str, Field(pattern="^(acquire|dispose)$")],
                "Only of this side.",
            ),
            Parameter("instrument", "query", Instrument, "Only of this instrument."),
            Parameter(
                "outcome",
                "query",
                Annotated[str, Field(pattern="^(filled|reverted|refused)$")],
                "Only with this outcome.",
            ),
            Parameter(
                "order",
                "query",
                Annotated[str, Field(pattern="^(asc|desc)$")],
                "By number: `asc`, as when absent, or `desc`.",
            ),
            Parameter(
                "cursor",
                "query",
                Annotated[int, Field(ge=0, le=MAX_TRADE)],
                "The `next_cursor` of the page before.",
            ),
            LIMIT,
        ],
        problems=[*SHOW_PROBLEMS, ProblemCode.RESULT_EXPIRED],
    ),
    Operation(
        "GET",
        "/backtests/{run_id}/trades/{number}/events",
        show_trade_events,
        tag="backtests",
        scope=KeyScope.READ,
        answer=HistoryPage,
        parameters=[RUN_ID, path_parameter("number", _TradeNumber, "The trade's number.")],
        problems=[*SHOW_PROBLEMS, ProblemCode.TRADE_NOT_FOUND, ProblemCode.RESULT_EXPIRED],
    ),
    Operation(
        "GET",
        "/backtests/{run_id}/trades.csv",
        export_backtest_trades,
        tag="backtests",
        scope=KeyScope.READ,
        answer=str,
        media_type=CSV,
        parameters=[RUN_ID],
        problems=RESULT_PROBLEMS,
    ),
]
