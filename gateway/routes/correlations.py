"""Shows what belongs to a history across all histories: what caused what, and what was read."""

from typing import Any, Final, Literal

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.common_parameters import path_parameter
from gateway.http.operations import Operation
from gateway.http.parameters import invalid_parameter
from gateway.http.problems import Problem, ProblemCode
from gateway.http.responses import document_response
from gateway.services import services_of
from gateway.visibility import MaySee, visibility
from tradewind.contracts.ids import CorrelationId
from tradewind.contracts.inputs import OBSERVATION_PREFIX
from tradewind.contracts.wire import Document, Timestamp
from tradewind.ledger.history.graph import CorrelationGraph, Node

_CORRELATION: Final[TypeAdapter[str]] = TypeAdapter(CorrelationId)


class EventNode(Document):
    """A recorded event."""

    event_id: str
    topic: str
    correlation_id: str
    sequence: int
    """Its place in its history."""
    global_seq: int
    timestamp: Timestamp
    """When its producer made it."""
    recorded_at: Timestamp
    producer: str
    inputs: dict[str, Any] | None
    """What the decision says it was made on, such as limits and the market; else null."""


class CausalEdge(Document):
    """The first event is the cause of the second, or the second was decided on the first."""

    from_event_id: str
    to_event_id: str
    kind: Literal["caused", "read"]


class DecisionAbout(Document):
    """What a queue group decided about an event, as it was kept before it was published."""

    cause_event_id: str
    queue_group: str
    decided_at: Timestamp
    event_ids: tuple[str, ...]
    """The events it decided to publish, in order; none when nothing follows."""


class CorrelationDocument(Document):
    """A graph of events. Where a limit was reached, `truncated` is true and some are left out."""

    correlation_id: str
    nodes: tuple[EventNode, ...]
    """In the order in which they were recorded."""
    edges: tuple[CausalEdge, ...]
    decisions: tuple[DecisionAbout, ...]
    truncated: bool


async def show_correlation(request: Request) -> Response:
    """GET /correlations/{correlation_id}: the graph of the events around a history.

    It has the events of the history itself, of those that caused it or that it caused, and the
    observations that decisions were made on: at most 500 events of 50 histories, 8 steps away.
    """
    correlation_id = correlation_in(request)
    may_see = await visibility(request, [correlation_id])
    graph = None
    if may_see(correlation_id):
        graph = await services_of(request).records.graphs.graph(correlation_id)
    if graph is None:
        raise Problem(ProblemCode.CORRELATION_NOT_FOUND, f"nothing is recorded of {correlation_id}")
    names = {node.correlation_id for node in graph.nodes}
    document = _document(correlation_id, graph, await visibility(request, names))
    return document_response(request, document)


def correlation_in(request: Request) -> str:
    """Return the history that the path names."""
    try:
        return _CORRELATION.validate_python(request.path_params["correlation_id"])
    except ValidationError:
        raise invalid_parameter("correlation_id", "must be one such as intent-<id>") from None


def _document(correlation_id: str, graph: CorrelationGraph, may_see: MaySee) -> CorrelationDocument:
    """Return what may be seen of a graph; observations of the market belong to everybody."""
    nodes = [
        node
        for node in graph.nodes
        if may_see(node.correlation_id) or node.correlation_id.startswith(OBSERVATION_PREFIX)
    ]
    ids = {node.event_id for node in nodes}
    return CorrelationDocument(
        correlation_id=correlation_id,
        nodes=tuple(map(_node, nodes)),
        edges=tuple(
            CausalEdge(**edge._asdict())
            for edge in graph.edges
            if {edge.from_event_id, edge.to_event_id} <= ids
        ),
        decisions=tuple(
            DecisionAbout(**one._asdict()) for one in graph.decisions if one.cause_event_id in ids
        ),
        truncated=graph.is_truncated,
    )


def _node(node: Node) -> EventNode:
    return EventNode(
        event_id=node.event_id,
        topic=node.topic,
        correlation_id=node.correlation_id,
        sequence=node.sequence,
        global_seq=node.global_seq,
        timestamp=node.timestamp,
        recorded_at=node.recorded_at,
        producer=node.producer,
        inputs=node.inputs,
    )


OPERATIONS = [
    Operation(
        "GET",
        "/correlations/{correlation_id}",
        show_correlation,
        tag="events",
        scope=KeyScope.READ,
        answer=CorrelationDocument,
        parameters=[
            path_parameter(
                "correlation_id", CorrelationId, "The history's id, such as `intent-<id>`."
            )
        ],
        problems=[ProblemCode.CORRELATION_NOT_FOUND, ProblemCode.READ_UNAVAILABLE],
    )
]
