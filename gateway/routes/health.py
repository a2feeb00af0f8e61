"""Shows whether the process lives, and whether it can serve."""

from typing import Any, Literal, NotRequired, TypedDict

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope, caller_of
from gateway.http.operations import Operation
from gateway.http.responses import document_response
from gateway.readiness_document import whole_document, word_of
from gateway.services import services_of


class Health(TypedDict):
    """The process answers."""

    status: Literal["ok"]


class Ready(TypedDict):
    """Whether the gateway can serve. What says so is shown where no keys are asked for only."""

    status: Literal["ready", "not_ready"]
    dependencies: NotRequired[dict[str, dict[str, Any]]]
    degraded: NotRequired[list[str]]
    consumers: NotRequired[list[dict[str, Any]]]
    roles: NotRequired[list[dict[str, Any]]]
    loops: NotRequired[list[dict[str, Any]]]
    stream: NotRequired[dict[str, int]]


async def show_health(request: Request) -> Response:
    """GET /health: 200 while the process answers; it looks at nothing else."""
    return document_response(request, Health(status="ok"))


async def show_ready(request: Request) -> Response:
    """GET /ready: whether the gateway can serve, 503 if a dependency is down.

    Anybody is told `status`. Who asks a gateway that wants no keys, or the operations port, is also
    told each dependency, each consumer with its lag, and each role with its loops.
    """
    services = services_of(request)
    report = await services.readiness.report()
    document: dict[str, Any] = {"status": word_of(report)}
    if KeyScope.ADMIN in caller_of(request).scopes:
        document = whole_document(services, report)
    return document_response(request, document, status=200 if report.is_ready else 503)


OPERATIONS = [
    Operation("GET", "/health", show_health, tag="platform", scope=None, answer=Health),
    Operation("GET", "/ready", show_ready, tag="platform", scope=None, answer=Ready),
]
