"""Shows whether the process lives, and whether it can serve."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.responses import document_response
from gateway.services import services_of


async def show_health(request: Request) -> Response:
    """GET /health: 200 while the process answers; it looks at nothing else."""
    return document_response(request, {"status": "ok"})


async def show_ready(request: Request) -> Response:
    """GET /ready: each dependency with its latency, each consumer with its lag; 503 if one is down.

    A consumer that is behind or missing is shown and changes no status: the gateway can serve.
    """
    services = services_of(request)
    report = await services.readiness.report()
    hub = services.stream.hub
    document = {
        "status": "ready" if report.is_ready else "not_ready",
        "dependencies": report.dependencies,
        "consumers": report.consumers,
        "stream": {"sequence": hub.sequence, "clients": hub.client_count},
    }
    return document_response(request, document, status=200 if report.is_ready else 503)


ROUTES = [
    Route("/health", show_health, methods=["GET"]),
    Route("/ready", show_ready, methods=["GET"]),
]
