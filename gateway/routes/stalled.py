"""Shows histories without progress, and the role that should act."""

from typing import Annotated, Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.common_parameters import LIMIT
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import page_size
from gateway.http.problems import ProblemCode
from gateway.http.query import PLACE_CURSOR, ListPage, cut, integer, page_of, place
from gateway.http.responses import document_response
from gateway.services import services_of
from gateway.visibility import visibility
from tradewind.ledger.upkeep.documents import StalledDocument
from tradewind.ledger.upkeep.place import BEFORE_ALL

MAX_AFTER_SECONDS: Final = 366 * 86_400


async def list_stalled(request: Request) -> Response:
    """GET /stalled: open histories without recent events, the longest standing first.

    `waits_for` is the role that has to act. After `TRADEWIND_STALLED_AFTER_SECONDS`, or
    `after_seconds`, a history counts as stalled.
    """
    records, limit = services_of(request).records, page_size(request)
    settings = records.stalled_settings
    after = integer(request, "after_seconds", 0, MAX_AFTER_SECONDS)
    found = await records.stalled.all(
        settings.stalled_after_seconds if after is None else after,
        limit + 1,
        place(request) or BEFORE_ALL,
    )
    page, last = cut(found, limit)
    names = [one.correlation_id for one in page]
    may_see, holders = await visibility(request, names), await records.stalled.holders(names)
    items = [
        StalledDocument.of(one, holders.get(one.correlation_id), settings.stalled_max_attempts)
        for one in page
        if may_see(one.correlation_id)
    ]
    return document_response(request, page_of(items, last and last.place))


OPERATIONS = [
    Operation(
        "GET",
        "/stalled",
        list_stalled,
        tag="operations",
        scope=KeyScope.READ,
        answer=ListPage[StalledDocument],
        parameters=[
            Parameter(
                "after_seconds",
                "query",
                Annotated[int, Field(ge=0, le=MAX_AFTER_SECONDS)],
                "How many seconds without an event make a history stalled.",
            ),
            PLACE_CURSOR,
            LIMIT,
        ],
        problems=[ProblemCode.READ_UNAVAILABLE],
    )
]
