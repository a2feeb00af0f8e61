"""Shows what belongs to a history across all histories: what caused what, and what was read."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.aliases import aliased
from gateway.http.caller import KeyScope
from gateway.http.common_parameters import path_parameter
from gateway.http.operations import Operation
from gateway.http.parameters import invalid_parameter
from gateway.http.problems import Problem, ProblemCode
from gateway.http.responses import document_response
from gateway.services import services_of
from gateway.visibility import MaySee, visibility
from tradewind.contracts.ids import (
    ULID_PATTERN,
    CorrelationId,
    CorrelationKind,
    make_correlation_id,
)
from tradewind.contracts.inputs import OBSERVATION_PREFIX
from tradewind.contracts.wire import Document, Timestamp
from tradewind.ledger.history.graph import CorrelationGraph, Edge, EdgeKind, Node
from tradewind.ledger.history.identifiers import TRANSACTION_HASH

type Relation = Literal["cause", "effect", "read", "linked", "indirect"]
AnyId = Annotated[
    str,
    Field(
        max_length=96,
        pattern=r"^(?:[a-z]+-[A-Za-z0-9_-]{1,64}|[0-7][0-9A-HJKMNP-TV-Z]{25}|0x[0-9a-fA-F]{64})$",
    ),
]
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
    """The first event is the cause of the second, or was read for it, or the second names it."""

    from_event_id: str
    to_event_id: str
    kind: EdgeKind


class DecisionAbout(Document):
    """What a queue group decided about an event, as it was kept before it was published."""

    cause_event_id: str
    queue_group: str
    decided_at: Timestamp
    event_ids: tuple[str, ...]
    """The events it decided to publish, in order; none when nothing follows."""


class RelatedHistory(Document):
    """Another history with events in the graph."""

    correlation_id: str
    kind: str
    """What it is about: the part of its name before the first dash."""
    relation: Relation
    """How it stands to the history that was asked for."""
    events: int
    """How many of its events are in the graph."""
    first_topic: str
    last_topic: str
    started_at: Timestamp


class GraphNode(Document):
    """A node as it is drawn: the lane is the role, time goes to the right."""

    event_id: str
    lane: str
    offset_ms: int
    """Since the first event of the graph was made."""
    latency_ms: int | None
    """Since the event that caused it; null where that is not in the graph."""


class GraphEdge(Document):
    """An edge between two nodes, by their places in `nodes`."""

    source: int
    target: int
    kind: EdgeKind


class DrawnGraph(Document):
    """The graph as it is drawn; `nodes` are in the order of the events beside it."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]


class CorrelationDocument(Document):
    """A graph of events. Where a limit was reached, `truncated` is true and some are left out."""

    correlation_id: str
    nodes: tuple[EventNode, ...]
    """In the order in which they were recorded."""
    related: tuple[RelatedHistory, ...]
    """In the order in which they began."""
    graph: DrawnGraph
    edges: tuple[CausalEdge, ...]
    decisions: tuple[DecisionAbout, ...]
    truncated: bool


async def show_correlation(request: Request) -> Response:
    """GET /correlations/{correlation_id}: the graph of the events around a history.

    It has the events of the history itself, of those that caused it or that it caused, and the
    observations that decisions were made on: at most 500 events of 50 histories, 16 steps away.
    Events of other histories that payloads name are in it, too. The id may be that of a history, an
    intent, a signal, a plan, an event or a transaction.
    """
    correlation_id = await _history_of(request)
    may_see = await visibility(request, [correlation_id])
    graph = None
    if may_see(correlation_id):
        graph = await services_of(request).records.graphs.graph(correlation_id)
    if graph is None:
        raise Problem(ProblemCode.CORRELATION_NOT_FOUND, f"nothing is recorded of {correlation_id}")
    names = {node.correlation_id for node in (*graph.nodes, *graph.linked)}
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
        for node in sorted((*graph.nodes, *graph.linked), key=lambda one: one.global_seq)
        if may_see(node.correlation_id) or node.correlation_id.startswith(OBSERVATION_PREFIX)
    ]
    ids = {node.event_id for node in nodes}
    edges = [one for one in graph.edges if {one.from_event_id, one.to_event_id} <= ids]
    return CorrelationDocument(
        correlation_id=correlation_id,
        nodes=tuple(map(_node, nodes)),
        related=related_of(correlation_id, nodes, edges),
        graph=drawn(nodes, edges),
        edges=tuple(CausalEdge(**edge._asdict()) for edge in edges),
        decisions=tuple(
            DecisionAbout(**one._asdict()) for one in graph.decisions if one.cause_event_id in ids
        ),
        truncated=graph.is_truncated,
    )


def related_of(
    correlation_id: str, nodes: Sequence[Node], edges: Sequence[Edge]
) -> tuple[RelatedHistory, ...]:
    """Return the other histories, and how each stands to the one that was asked for."""
    histories: dict[str, list[Node]] = {}
    for node in nodes:
        histories.setdefault(node.correlation_id, []).append(node)
    home = {node.event_id: node.correlation_id for node in nodes}
    relations: dict[str, Relation] = {}
    for edge in edges:
        source, target = home[edge.from_event_id], home[edge.to_event_id]
        if target == correlation_id != source:
            relations.setdefault(source, _relation(edge, "cause"))
        elif source == correlation_id != target:
            relations.setdefault(target, _relation(edge, "effect"))
    return tuple(
        RelatedHistory(
            correlation_id=name,
            kind=name.partition("-")[0],
            relation=relations.get(name, "indirect"),
            events=len(of_it),
            first_topic=of_it[0].topic,
            last_topic=of_it[-1].topic,
            started_at=of_it[0].timestamp,
        )
        for name, of_it in histories.items()
        if name != correlation_id
    )


def _relation(edge: Edge, direction: Relation) -> Relation:
    if edge.kind == "caused":
        return direction
    return "read" if edge.kind == "read" else "linked"


def drawn(nodes: Sequence[Node], edges: Sequence[Edge]) -> DrawnGraph:
    """Return the graph with times and places instead of ids. An observation has no time."""
    places = {node.event_id: place for place, node in enumerate(nodes)}
    acts = [node for node in nodes if not node.correlation_id.startswith(OBSERVATION_PREFIX)]
    start = min((node.timestamp for node in acts or nodes), default=None)
    return DrawnGraph(
        nodes=tuple(
            GraphNode(
                event_id=node.event_id,
                lane=node.producer,
                offset_ms=0 if start is None else max(0, _milliseconds(node.timestamp - start)),
                latency_ms=None
                if (cause := places.get(node.causation_id)) is None
                else _milliseconds(node.timestamp - nodes[cause].timestamp),
            )
            for node in nodes
        ),
        edges=tuple(
            GraphEdge(
                source=places[one.from_event_id], target=places[one.to_event_id], kind=one.kind
            )
            for one in edges
        ),
    )


def _milliseconds(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)


async def _history_of(request: Request) -> str:
    """Return the history that the id in the path belongs to; the id itself where nothing is."""
    text: str = request.path_params["correlation_id"]
    lookup = services_of(request).records.lookup
    if TRANSACTION_HASH.fullmatch(text):
        found = await lookup.transaction(text.lower())
        return text if found is None or found.correlation_id is None else found.correlation_id
    if not ULID_PATTERN.fullmatch(text):
        return correlation_in(request)
    for kind in (CorrelationKind.INTENT, CorrelationKind.SIGNAL):
        if await lookup.is_history(name := make_correlation_id(kind, text)):
            return name
    named = await lookup.named(text)
    return named.plan or named.event or text


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


_SHOW: Final = Operation(
    "GET",
    "/correlations/{correlation_id}",
    show_correlation,
    tag="events",
    scope=KeyScope.READ,
    answer=CorrelationDocument,
    parameters=[
        path_parameter("correlation_id", AnyId, "A history's id, or that of something in it.")
    ],
    problems=[ProblemCode.CORRELATION_NOT_FOUND, ProblemCode.READ_UNAVAILABLE],
)
OPERATIONS = [
    _SHOW,
    aliased(_SHOW, "/agents/events/correlation/{correlation_id}", "show_agent_correlation"),
]
