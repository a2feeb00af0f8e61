"""Lists what back-tests can be made of: strategies and datasets."""

from typing import Annotated, Final

from pydantic import Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.common_parameters import LIMIT, path_parameter
from gateway.http.conditional import lasting_response
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter, page_size
from gateway.http.problems import Problem, ProblemCode
from gateway.http.query import ListPage, chosen, cut, page_of, typed
from gateway.http.responses import document_response
from gateway.services import services_of
from tradewind.contracts.backtests.model import DatasetId, Instrument, StrategyName
from tradewind.contracts.backtests.strategies import AnnouncedStrategy
from tradewind.contracts.market.model import Interval
from tradewind.datasets.model import Dataset, DatasetKind
from tradewind.datasets.store import Filter, cursor_of

_NAMES: TypeAdapter[str] = TypeAdapter(StrategyName)
_INSTRUMENTS: TypeAdapter[str] = TypeAdapter(Instrument)
_INTERVALS: TypeAdapter[str] = TypeAdapter(Interval)
_IDS: TypeAdapter[str] = TypeAdapter(DatasetId)
_Cursor = Annotated[str, Field(pattern=r"^[0-9T:+.Z-]{10,40}~ds-[0-9a-f]{16}$")]
_CURSORS: TypeAdapter[str] = TypeAdapter(_Cursor)


async def list_strategies(request: Request) -> Response:
    """GET /strategies: what backtesters have installed, by name, with the parameters it takes.

    A strategy that no backtester has said to have for a minute is not listed.
    """
    after = typed(request, "cursor", _NAMES, "the next_cursor of a page") or ""
    limit = page_size(request)
    found = [one for one in services_of(request).backtests.strategies.all() if one.name > after]
    page, last = cut(found, limit)
    return document_response(request, page_of(page, last and last.name))


async def list_datasets(request: Request) -> Response:
    """GET /datasets: files of history, newest first, filtered, paged by cursor."""
    wanted = Filter(
        kind=chosen(request, "kind", tuple(DatasetKind)),
        instrument=typed(request, "instrument", _INSTRUMENTS, "such as ethereum-WETH-USDC"),
        interval=typed(request, "interval", _INTERVALS, "such as 1m"),
    )
    cursor, limit = (
        typed(request, "cursor", _CURSORS, "the next_cursor of a page"),
        page_size(request),
    )
    try:
        found = await services_of(request).backtests.datasets.page(
            wanted, after=cursor, limit=limit + 1
        )
    except (ValueError, OverflowError):
        raise invalid_parameter("cursor", "must be the next_cursor of a page") from None
    page, last = cut(found, limit)
    return document_response(request, page_of(page, last and cursor_of(last)))


async def show_dataset(request: Request) -> Response:
    """GET /datasets/{dataset_id}: what a file of history has, its gaps, and where it comes from."""
    dataset_id = request.path_params["dataset_id"]
    try:
        _IDS.validate_python(dataset_id)
    except ValueError:
        raise invalid_parameter("dataset_id", "must be ds- and 16 hexadecimal digits") from None
    found = await services_of(request).backtests.datasets.find(dataset_id)
    if found is None:
        raise Problem(ProblemCode.DATASET_NOT_FOUND, f"no dataset has the id {dataset_id}")
    return lasting_response(request, found)


OPERATIONS: Final = [
    Operation(
        "GET",
        "/strategies",
        list_strategies,
        tag="backtests",
        scope=KeyScope.READ,
        answer=ListPage[AnnouncedStrategy],
        parameters=[
            Parameter("cursor", "query", StrategyName, "The `next_cursor` of the page before."),
            LIMIT,
        ],
    ),
    Operation(
        "GET",
        "/datasets",
        list_datasets,
        tag="backtests",
        scope=KeyScope.READ,
        answer=ListPage[Dataset],
        parameters=[
            Parameter("kind", "query", DatasetKind, "Only of this kind."),
            Parameter("instrument", "query", Instrument, "Only of this instrument."),
            Parameter("interval", "query", Interval, "Only candles of this interval."),
            Parameter("cursor", "query", _Cursor, "The `next_cursor` of the page before."),
            LIMIT,
        ],
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
    Operation(
        "GET",
        "/datasets/{dataset_id}",
        show_dataset,
        tag="backtests",
        scope=KeyScope.READ,
        answer=Dataset,
        parameters=[path_parameter("dataset_id", DatasetId, "The dataset's id.")],
        problems=[ProblemCode.DATASET_NOT_FOUND, ProblemCode.READ_UNAVAILABLE],
    ),
]
