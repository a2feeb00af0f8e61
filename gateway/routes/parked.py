"""Shows the events that wait for their predecessors."""

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.common_parameters import LIMIT
from gateway.http.operations import Operation
from gateway.http.parameters import page_size
from gateway.http.problems import ProblemCode
from gateway.http.query import PLACE_CURSOR, ListPage, page_of, place
from gateway.http.responses import document_response
from gateway.services import services_of
from gateway.visibility import visible_page
from tradewind.ledger.upkeep.documents import ParkedDocument
from tradewind.ledger.upkeep.place import BEFORE_ALL


async def list_parked(request: Request) -> Response:
    """GET /parked: events that arrived before their predecessors, the longest waiting first.

    `missing_sequence` is the sequence that the history lacks.
    """
    set_aside = services_of(request).records.set_aside
    page, following = await visible_page(
        request,
        lambda after, limit: set_aside.parked(limit, after),
        place(request) or BEFORE_ALL,
        page_size(request),
        oldest_first=True,
    )
    return document_response(request, page_of(list(map(ParkedDocument.of, page)), following))


OPERATIONS = [
    Operation(
        "GET",
        "/parked",
        list_parked,
        tag="operations",
        scope=KeyScope.READ,
        answer=ListPage[ParkedDocument],
        parameters=[PLACE_CURSOR, LIMIT],
        problems=[ProblemCode.READ_UNAVAILABLE],
    )
]
