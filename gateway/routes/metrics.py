"""Shows what the process measures."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.operations import Operation


async def show_metrics(_: Request) -> Response:
    """GET /metrics: everything this process measures, as Prometheus text."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


OPERATIONS = [
    Operation(
        "GET",
        "/metrics",
        show_metrics,
        tag="platform",
        scope=None,
        answer=str,
        media_type="text/plain",
    )
]
