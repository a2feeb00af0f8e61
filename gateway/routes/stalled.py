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
from gateway.http.query import PLACE_CURSOR, ListPage, integer, page_of, place
from gateway.http.responses import document_response
from gateway.services import services_of
from gateway.visibility import visible_page
from tradewind.ledger.upkeep.documents import StalledDocument
from tradewind.ledger.upkeep.place import BEFORE_ALL

MAX_AFTER_SECONDS: Final = 366 * 86_400


async def list_stalled(request: Request) -> Response:
    """GET /stalled: open histories without recent events, the longest standing first.

    `waits_for` is the role that has to act. After `TRADEWIND_STALLED_AFTER_SECONDS`, or
    `after_seconds`, a history counts as stalled.
    """
    records = services_of(request).records
    stalled, settings = records.stalled, records.stalled_settings
    asked = integer(request, "after_seconds", 0, MAX_AFTER_SECONDS)
    seconds = settings.stalled_after_seconds if asked is None else asked
    page, following = await visible_page(
        request,
        lambda after, limit: stalled.all(seconds, limit, after),
        place(request) or BEFORE_ALL,
        page_size(request),
        oldest_first=True,
    )
    holders = await stalled.holders([one.correlation_id for one in page])
    items = [
        StalledDocument.of(one, holders.get(one.correlation_id), settings.stalled_max_attempts)
        for one in page
    ]
    return document_response(request, page_of(items, following))


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
