"""Shows whether the process lives, and whether it can serve."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.operations import Operation
from gateway.http.responses import document_response
from gateway.process_watch import loop_documents
from gateway.services import services_of
from tradewind.runtime.heartbeat import loop_reports

DEGRADED: Final = ("missing", "stalled")


async def show_health(request: Request) -> Response:
    """GET /health: 200 while the process answers; it looks at nothing else."""
    return document_response(request, {"status": "ok"})


async def show_ready(request: Request) -> Response:
    """GET /ready: dependencies, consumers with their lag, and roles with their loops.

    It is 503 if a dependency is down, and only then. The gateway can serve
    while a consumer is behind, nobody runs a role or a loop has stalled; `degraded` lists such
    roles.
    """
    services = services_of(request)
    report = await services.readiness.report()
    hub, roles = services.stream.hub, services.processes.roles()
    document = {
        "status": "ready" if report.is_ready else "not_ready",
        "dependencies": report.dependencies,
        "degraded": [role["role"] for role in roles if role["status"] in DEGRADED],
        "consumers": report.consumers,
        "roles": roles,
        "loops": loop_documents(loop_reports()),
        "stream": {"sequence": hub.sequence, "clients": hub.client_count},
    }
    return document_response(request, document, status=200 if report.is_ready else 503)


OPERATIONS = [
    Operation("GET", "/health", show_health, tag="platform", scope=None, answer=dict[str, str]),
    Operation("GET", "/ready", show_ready, tag="platform", scope=None, answer=dict[str, Any]),
]
