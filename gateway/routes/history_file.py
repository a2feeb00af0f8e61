"""Gives a history as a file that another platform can import."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.common_parameters import path_parameter
from gateway.http.negotiation import require_accepts
from gateway.http.operations import Operation
from gateway.http.problems import Problem, ProblemCode
from gateway.routes.correlations import correlation_in
from gateway.services import services_of
from gateway.visibility import is_history_covered
from tradewind.contracts.ids import CorrelationId

JSON_LINES: Final = "application/jsonl"


async def export_history(request: Request) -> Response:
    """GET /correlations/{correlation_id}/history: a history as `tradewind history export` has it.

    The file has the bytes of every event as they were published, and what decisions refer to of the
    market. `tradewind history import` reads it. One of more than 32 MiB is refused.
    """
    require_accepts(request, JSON_LINES)
    correlation_id = correlation_in(request)
    content = None
    if await is_history_covered(request, correlation_id):
        content = await services_of(request).records.exporter.export(correlation_id)
    if content is None:
        raise Problem(ProblemCode.CORRELATION_NOT_FOUND, f"nothing is recorded of {correlation_id}")
    headers = {"Content-Disposition": f'attachment; filename="{correlation_id}.jsonl"'}
    return Response(content, 200, headers, JSON_LINES)


OPERATIONS: Final = [
    Operation(
        "GET",
        "/correlations/{correlation_id}/history",
        export_history,
        tag="events",
        scope=KeyScope.READ,
        answer=str,
        parameters=[
            path_parameter(
                "correlation_id", CorrelationId, "The history's id, such as `intent-<id>`."
            )
        ],
        problems=[
            ProblemCode.CORRELATION_NOT_FOUND,
            ProblemCode.HISTORY_TOO_LARGE,
            ProblemCode.READ_UNAVAILABLE,
        ],
        media_type=JSON_LINES,
    )
]
