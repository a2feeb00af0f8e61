"""Takes in back-tests, lists them, and shows, stops and removes one."""

from typing import Annotated, Final

from pydantic import Field, TypeAdapter
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response

from gateway.backtests.body import AskedBacktest
from gateway.backtests.documents import (
    BacktestDetail,
    BacktestItem,
    CancelledBacktest,
    TakenBacktest,
    detail_of,
    is_over,
    item_of,
)
from gateway.backtests.errors import BacktestUnavailable
from gateway.backtests.submission import Taken
from gateway.http.bodies import read_json_body
from gateway.http.caller import KeyScope, caller_of
from gateway.http.common_parameters import IDEMPOTENCY_KEY, LIMIT, path_parameter
from gateway.http.conditional import lasting_response
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import idempotency_key, page_size, path_ulid
from gateway.http.problems import Problem, ProblemCode
from gateway.http.query import ListPage, chosen, page_of, typed
from gateway.http.responses import REPLAYED, document_response
from gateway.routes.document_list import bounds, ulid_cursor
from gateway.services import services_of
from gateway.submission.recent_submissions import NOTHING_RECORDED
from gateway.visibility import MAX_PAGES_SEARCHED
from tradewind.contracts.backtests.model import RecordedFlows, RunStatus
from tradewind.contracts.backtests.sweeps import SweepRequested
from tradewind.contracts.ids import CorrelationKind, Ulid, make_correlation_id
from tradewind.contracts.wire import Timestamp
from tradewind.errors import TransientError
from tradewind.keys.model import Accounts
from tradewind.readmodels.models.backtest import (
    BACKTEST,
    SINGLE,
    BacktestDocument,
    RunStrategy,
)
from tradewind.readmodels.models.backtest_history import BACKTEST_HISTORY

NO_SWEEP: Final = "none"
_STRATEGIES: TypeAdapter[str] = TypeAdapter(RunStrategy)
_LABELS: TypeAdapter[str] = TypeAdapter(Annotated[str, Field(min_length=1, max_length=100)])
_SWEEPS: TypeAdapter[str] = TypeAdapter(Ulid)


class _RunConvertor(StringConvertor):
    """Matches what stands for a run in a path, which is not the word of another operation."""

    regex = "(?!compare(?:/|$))[^/]+"


register_url_convertor("run", _RunConvertor())


async def submit_backtest(request: Request) -> Response:
    """POST /backtests: takes in a back-test or a sweep, which is kept when this says 202.

    What the body leaves out is filled in; `manifest_sha256` names everything the result depends on.
    Where the same manifest has a result already, that run is the answer: 200, `reused`.
    """
    require_accepts(request, JSON)
    key, body = idempotency_key(request), await read_json_body(request)
    taken = await services_of(request).backtests.submitter.submit(body, key, caller_of(request))
    document = _taken_document(taken)
    path = f"/backtests/{document.run_id}" if document.run_id else f"/sweeps/{document.sweep_id}"
    headers = {"Location": path} | (REPLAYED if taken.is_repeated else {})
    status = 200 if document.reused else 202
    return Response(document.model_dump_json().encode(), status, headers, JSON)


async def list_backtests(request: Request) -> Response:
    """GET /backtests: newest first, filtered, paged by cursor.

    Status, strategy and sweep are looked up, the rest is looked for: a page may be short, or
    empty, before the last one.
    """
    sweep = request.query_params.get("sweep_id")
    if sweep not in (None, NO_SWEEP):
        typed(request, "sweep_id", _SWEEPS, f"a sweep's id, or {NO_SWEEP}")
    where = {
        "status": chosen(request, "status", tuple(RunStatus)),
        "strategy": typed(request, "strategy", _STRATEGIES, "the name of a strategy"),
        "batch": SINGLE if sweep == NO_SWEEP else sweep,
    }
    label = typed(request, "label", _LABELS, "1 to 100 characters")
    items, cursor = await _found(request, where, label)
    return document_response(request, page_of([item_of(one) for one in items], cursor))


async def show_backtest(request: Request) -> Response:
    """GET /backtests/{run_id}: how far a run is, what it is made of, and how it ended."""
    document = await backtest_in(request)
    if is_over(document):
        return lasting_response(request, detail_of(document))
    return document_response(request, detail_of(document))


async def cancel_backtest(request: Request) -> Response:
    """POST /backtests/{run_id}/cancel: ask for a run to stop.

    It begins no other slice, and ends as `cancelled` then. To ask again is the same request.
    """
    require_accepts(request, JSON)
    document = await backtest_in(request)
    if is_over(document):
        raise Problem(
            ProblemCode.BACKTEST_FINISHED,
            f"the back-test is {document.status} already",
            extra={"run_id": document.run_id, "run_status": document.status.value},
        )
    try:
        commands = services_of(request).backtests.commands
        await commands.cancel(document.run_id, caller_of(request).key_id)
    except TransientError as error:
        raise BacktestUnavailable(document.run_id) from error
    answer = CancelledBacktest(run_id=document.run_id, status=document.status)
    return document_response(request, answer, status=202)


async def delete_backtest(request: Request) -> Response:
    """DELETE /backtests/{run_id}: removes the result of a run that is over.

    Its events stay, and so does what they say: its manifest, metrics and hashes. Its trades and its
    curve are gone.
    """
    document = await backtest_in(request)
    if not is_over(document):
        raise not_finished(document)
    try:
        await services_of(request).backtests.commands.forget(document.run_id)
    except TransientError as error:
        raise BacktestUnavailable(document.run_id) from error
    return Response(status_code=204)


async def backtest_in(request: Request) -> BacktestDocument:
    """Return the run that the path names, if the caller may see it."""
    return await backtest_of(request, path_ulid(request, "run_id"))


async def backtest_of(request: Request, run_id: str) -> BacktestDocument:
    """Return a run, if there is one and the caller may see it."""
    services = services_of(request)
    document = await services.read_models.read(BACKTEST, run_id)
    if document is None:
        event = await services.backtests.submitter.find(run_id)
        folded = BACKTEST_HISTORY.fold([] if event is None else [event], NOTHING_RECORDED)
        document = folded.backtest
    if document is None or not _may_see(caller_of(request).accounts, document):
        raise Problem(ProblemCode.BACKTEST_NOT_FOUND, f"no back-test has the id {run_id}")
    return document


def not_finished(document: BacktestDocument) -> Problem:
    """Return the problem of what only a run has that is over, with how far this one is."""
    detail = detail_of(document)
    return Problem(
        ProblemCode.BACKTEST_NOT_FINISHED,
        f"the back-test is {document.status}",
        headers={"Retry-After": str(min(detail.eta_seconds or 2, 60))},
        extra={"run_status": document.status.value, "percent": f"{detail.percent:f}"},
    )


async def _found(
    request: Request, where: dict[str, str | None], label: str | None
) -> tuple[list[BacktestDocument], str | None]:
    """Return a page, and the id after which the next one begins."""
    (lowest, highest), limit = bounds(request), page_size(request)
    cursor, accounts = ulid_cursor(request), caller_of(request).accounts
    if highest is not None:
        cursor = highest if cursor is None else min(cursor, highest)
    found: list[BacktestDocument] = []
    for _ in range(MAX_PAGES_SEARCHED):
        page = await services_of(request).read_models.page(BACKTEST, where, cursor, limit + 1)
        items = [one for one in page.items if lowest is None or one.run_id >= lowest]
        found += [one for one in items if label in (None, one.label) and _may_see(accounts, one)]
        if len(found) > limit:
            return found[:limit], found[limit - 1].run_id
        cursor = page.next_cursor
        if cursor is None or len(items) < len(page.items):
            return found, None
    return found, cursor


def _may_see(accounts: Accounts, document: BacktestDocument) -> bool:
    """Return whether accounts cover the flows that a run decides again; others are nobody's."""
    strategy = document.manifest.run.strategy
    if accounts.are_all or not isinstance(strategy, RecordedFlows):
        return True
    return strategy.strategy_id is not None and accounts.cover_strategy(strategy.strategy_id)


def _taken_document(taken: Taken) -> TakenBacktest:
    event, manifest, run_id, sweep_id = taken.event, taken.manifest, taken.reused_run_id, None
    if event is not None and isinstance(event.payload, SweepRequested):
        sweep_id = event.payload.sweep_id
    elif event is not None:
        run_id = event.payload.run_id
    kind, identifier = (
        (CorrelationKind.SWEEP, sweep_id) if sweep_id else (CorrelationKind.BACKTEST, run_id)
    )
    return TakenBacktest(
        run_id=run_id,
        sweep_id=sweep_id,
        correlation_id=make_correlation_id(kind, identifier or ""),
        status=RunStatus.COMPLETED if event is None else RunStatus.QUEUED,
        manifest_sha256=taken.manifest_sha256,
        candles_total=manifest.bars_total,
        reused=event is None,
    )


RUN_ID: Final = path_parameter("run_id", Ulid, "The run's id.")
SHOW_PROBLEMS: Final = [
    ProblemCode.BACKTEST_NOT_FOUND,
    ProblemCode.READ_UNAVAILABLE,
    ProblemCode.REBUILDING,
]
LIST_PROBLEMS: Final = [ProblemCode.READ_UNAVAILABLE, ProblemCode.REBUILDING]
OPERATIONS: Final = [
    Operation(
        "POST",
        "/backtests",
        submit_backtest,
        tag="backtests",
        scope=KeyScope.TRADE,
        answer=TakenBacktest,
        status=202,
        known=TakenBacktest,
        body=AskedBacktest,
        parameters=[IDEMPOTENCY_KEY],
        problems=[
            ProblemCode.MALFORMED_JSON,
            ProblemCode.RANGE_TOO_LARGE,
            ProblemCode.BODY_TIMEOUT,
            ProblemCode.BODY_TOO_LARGE,
            ProblemCode.UNSUPPORTED_MEDIA_TYPE,
            ProblemCode.VALIDATION_FAILED,
            ProblemCode.UNKNOWN_DATASET,
            ProblemCode.UNKNOWN_STRATEGY,
            ProblemCode.INVALID_PARAMS,
            ProblemCode.ACCOUNT_NOT_COVERED,
            ProblemCode.IDEMPOTENCY_KEY_USED,
            ProblemCode.TOO_MANY_BACKTESTS,
            ProblemCode.BACKTEST_UNAVAILABLE,
            ProblemCode.READ_UNAVAILABLE,
            ProblemCode.REBUILDING,
        ],
    ),
    Operation(
        "GET",
        "/backtests",
        list_backtests,
        tag="backtests",
        scope=KeyScope.READ,
        answer=ListPage[BacktestItem],
        parameters=[
            Parameter("status", "query", RunStatus, "Only those that are so far."),
            Parameter("strategy", "query", RunStrategy, "Only of this strategy."),
            Parameter(
                "label",
                "query",
                Annotated[str, Field(min_length=1, max_length=100)],
                "Only of this label.",
            ),
            Parameter(
                "sweep_id",
                "query",
                Annotated[str, Field(pattern=r"^([0-7][0-9A-HJKMNP-TV-Z]{25}|none)$")],
                "Only runs of this sweep; `none` for those of no sweep.",
            ),
            Parameter("since", "query", Timestamp, "Asked for at or after this time."),
            Parameter("until", "query", Timestamp, "Asked for before this time."),
            Parameter("cursor", "query", Ulid, "The `next_cursor` of the page before."),
            LIMIT,
        ],
        problems=LIST_PROBLEMS,
    ),
    Operation(
        "GET",
        "/backtests/{run_id}",
        show_backtest,
        routed="/backtests/{run_id:run}",
        tag="backtests",
        scope=KeyScope.READ,
        answer=BacktestDetail,
        parameters=[RUN_ID],
        problems=SHOW_PROBLEMS,
    ),
    Operation(
        "POST",
        "/backtests/{run_id}/cancel",
        cancel_backtest,
        tag="backtests",
        scope=KeyScope.TRADE,
        answer=CancelledBacktest,
        status=202,
        parameters=[RUN_ID],
        problems=[
            *SHOW_PROBLEMS,
            ProblemCode.BACKTEST_FINISHED,
            ProblemCode.BACKTEST_UNAVAILABLE,
        ],
    ),
    Operation(
        "DELETE",
        "/backtests/{run_id}",
        delete_backtest,
        routed="/backtests/{run_id:run}",
        tag="backtests",
        scope=KeyScope.TRADE,
        answer=None,
        status=204,
        parameters=[RUN_ID],
        problems=[
            *SHOW_PROBLEMS,
            ProblemCode.BACKTEST_NOT_FINISHED,
            ProblemCode.BACKTEST_UNAVAILABLE,
        ],
    ),
]
