"""What the gateway says of itself when it is asked whether it is ready."""

from typing import Any

from gateway.process_watch import loop_documents
from gateway.readiness import ReadinessReport
from gateway.services import Services
from tradewind.runtime.heartbeat import loop_reports
from tradewind.runtime.operations_port import AskReadiness, Readiness, asked_of_loop

DEGRADED = ("missing", "stalled")


def word_of(report: ReadinessReport) -> str:
    """Return the status as a word."""
    return "ready" if report.is_ready else "not_ready"


def whole_document(services: Services, report: ReadinessReport) -> dict[str, Any]:
    """Return dependencies, consumers with their lag, and roles with their loops.

    The gateway can serve while a consumer is behind, nobody runs a role or a loop has stalled;
    `degraded` lists such roles.
    """
    hub, roles = services.stream.hub, services.processes.roles()
    return {
        "status": word_of(report),
        "dependencies": report.dependencies,
        "degraded": [role["role"] for role in roles if role["status"] in DEGRADED],
        "consumers": report.consumers,
        "roles": roles,
        "loops": loop_documents(loop_reports()),
        "stream": {"sequence": hub.sequence, "clients": hub.client_count},
    }


def gateway_readiness(services: Services) -> AskReadiness:
    """Return how the operations port asks this process."""

    async def ask() -> Readiness:
        report = await services.readiness.report()
        return Readiness(report.is_ready, whole_document(services, report))

    return asked_of_loop(ask)
