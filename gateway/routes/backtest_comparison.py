"""Sets two back-tests beside each other, and shows sweeps."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.backtests.comparison import manifest_differences, metric_differences
from gateway.backtests.documents import (
    BacktestComparison,
    SweepDocument,
    TradeDifference,
    item_of,
    trades_of,
)
from gateway.backtests.errors import BacktestUnavailable
from gateway.backtests.sweeps import sweep_of
from gateway.http.caller import KeyScope, caller_of
from gateway.http.common_parameters import path_parameter
from gateway.http.conditional import lasting_response
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter, path_ulid
from gateway.http.problems import Problem, ProblemCode
from gateway.http.responses import document_response
from gateway.routes.backtests import SHOW_PROBLEMS, backtest_of, not_finished
from gateway.services import services_of
from tradewind.contracts.backtests.lifecycle import SWEEP as LIFECYCLE
from tradewind.contracts.backtests.results import Trade
from tradewind.contracts.ids import CorrelationKind, Ulid, make_correlation_id, parse_ulid
from tradewind.errors import TransientError
from tradewind.readmodels.models.backtest import BacktestDocument

MAX_COMPARED_TRADES: Final = 500_000


async def compare_backtests(request: Request) -> Response:
    """GET /backtests/compare: what two completed runs have in common, and where they part.

    The first trade that is not the same is named, and whether the strategies said something else
    or the same was filled otherwise.
    """
    a, b = await _completed(request, "a"), await _completed(request, "b")
    is_equal = a.result_sha256 == b.result_sha256
    are_signals_equal = a.signals_sha256 == b.signals_sha256
    number, compared = (None, 0) if is_equal else await _first_difference(request, a, b)
    trade = None
    if number is not None:
        trade = TradeDifference(
            number=number,
            cause="execution" if are_signals_equal else "signals",
            a=await _trade(request, a, number),
            b=await _trade(request, b, number),
        )
    assert a.metrics is not None
    assert b.metrics is not None
    comparison = BacktestComparison(
        a=item_of(a),
        b=item_of(b),
        is_equal=is_equal,
        are_signals_equal=are_signals_equal,
        manifest=manifest_differences(a.manifest, b.manifest),
        metrics=metric_differences(a.metrics, b.metrics),
        first_trade=trade,
        trades_compared=min(compared, max(a.trades, b.trades)),
    )
    return lasting_response(request, comparison)


async def show_sweep(request: Request) -> Response:
    """GET /sweeps/{sweep_id}: how far a sweep is, and when it is over the table of its runs.

    The table says what the best of so many trials is worth: its deflated Sharpe ratio, and the
    probability that it was overfitted.
    """
    document = await _sweep(request)
    if document.status in LIFECYCLE.terminal:
        return lasting_response(request, document)
    return document_response(request, document)


async def cancel_sweep(request: Request) -> Response:
    """POST /sweeps/{sweep_id}/cancel: ask for a sweep to stop, and its runs with it."""
    require_accepts(request, JSON)
    document = await _sweep(request)
    if document.status in LIFECYCLE.terminal:
        raise Problem(
            ProblemCode.BACKTEST_FINISHED,
            f"the sweep is {document.status} already",
            extra={"sweep_id": document.sweep_id, "run_status": document.status.value},
        )
    try:
        commands = services_of(request).backtests.commands
        await commands.cancel(document.sweep_id, caller_of(request).key_id)
    except TransientError as error:
        raise BacktestUnavailable(document.sweep_id) from error
    return document_response(request, document, status=202)


async def _sweep(request: Request) -> SweepDocument:
    sweep_id = path_ulid(request, "sweep_id")
    services = services_of(request)
    correlation_id = make_correlation_id(CorrelationKind.SWEEP, sweep_id)
    events = [one.event for one in await services.history.history(correlation_id)]
    if not events:
        opening = await services.backtests.submitter.find_sweep(sweep_id)
        events = [] if opening is None else [opening]
    table = await services.backtests.ends.sweep(sweep_id) if events else None
    document = sweep_of(events, table)
    if document is None:
        raise Problem(ProblemCode.SWEEP_NOT_FOUND, f"no sweep has the id {sweep_id}")
    return document


async def _completed(request: Request, name: str) -> BacktestDocument:
    text = request.query_params.get(name)
    if text is None:
        raise invalid_parameter(name, "is required: the id of a back-test")
    try:
        parse_ulid(text)
    except ValueError as error:
        raise invalid_parameter(name, str(error)) from None
    document = await backtest_of(request, text)
    if document.metrics is None:
        raise not_finished(document)
    return document


async def _first_difference(
    request: Request, a: BacktestDocument, b: BacktestDocument
) -> tuple[int | None, int]:
    """Return the first trade that is not the same, and up to which number trades were compared."""
    rows, ends = services_of(request).backtests.rows, services_of(request).backtests.ends
    for one in (a, b):
        if await ends.is_expired(one.run_id):
            raise Problem(ProblemCode.RESULT_EXPIRED, f"the trades of {one.run_id} were removed")
    reached, most = 0, min(max(a.trades, b.trades), MAX_COMPARED_TRADES)
    while reached < most:
        found, reached = await rows.first_difference(a.run_id, b.run_id, reached)
        if found is not None:
            return found, found
    return None, reached


async def _trade(request: Request, document: BacktestDocument, number: int) -> Trade | None:
    row = await services_of(request).backtests.rows.trade(document.run_id, number)
    return None if row is None else trades_of([row.document])[0]


SWEEP_ID: Final = path_parameter("sweep_id", Ulid, "The sweep's id.")
OPERATIONS: Final = [
    Operation(
        "GET",
        "/backtests/compare",
        compare_backtests,
        tag="backtests",
        scope=KeyScope.READ,
        answer=BacktestComparison,
        parameters=[
            Parameter("a", "query", Ulid, "The id of a run.", is_required=True),
            Parameter("b", "query", Ulid, "The id of another one.", is_required=True),
        ],
        problems=[
            *SHOW_PROBLEMS,
            ProblemCode.BACKTEST_NOT_FINISHED,
            ProblemCode.RESULT_EXPIRED,
        ],
    ),
    Operation(
        "GET",
        "/sweeps/{sweep_id}",
        show_sweep,
        tag="backtests",
        scope=KeyScope.READ,
        answer=SweepDocument,
        parameters=[SWEEP_ID],
        problems=[ProblemCode.SWEEP_NOT_FOUND, ProblemCode.READ_UNAVAILABLE],
    ),
    Operation(
        "POST",
        "/sweeps/{sweep_id}/cancel",
        cancel_sweep,
        tag="backtests",
        scope=KeyScope.TRADE,
        answer=SweepDocument,
        status=202,
        parameters=[SWEEP_ID],
        problems=[
            ProblemCode.SWEEP_NOT_FOUND,
            ProblemCode.BACKTEST_FINISHED,
            ProblemCode.BACKTEST_UNAVAILABLE,
            ProblemCode.READ_UNAVAILABLE,
        ],
    ),
]
