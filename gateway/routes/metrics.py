"""Shows what the process measures."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def show_metrics(_: Request) -> Response:
    """GET /metrics: everything this process measures, as Prometheus text."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


ROUTES = [Route("/metrics", show_metrics, methods=["GET"])]
