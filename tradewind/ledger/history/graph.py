"""Follows what caused what, across histories: the events, what they caused and what they read."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, Final, Literal, NamedTuple

import orjson

from tradewind.contracts.inputs import references_of
from tradewind.contracts.instruments.payloads import MarketObserved
from tradewind.contracts.market.payloads import PerpObserved
from tradewind.contracts.registry import PAYLOADS
from tradewind.ledger.queries import QUERIES
from tradewind.postgres import Connection, Pool, outage_is_transient

MAX_NODES: Final = 500
MAX_HISTORIES: Final = 50
MAX_DEPTH: Final = 16
"""How many steps from one history to another are followed."""

_EVENTS = QUERIES["select_graph_events"]
_CAUSING = QUERIES["select_causing_histories"]
_CAUSED = QUERIES["select_caused_histories"]
_LINKED = QUERIES["select_linked_events"]
_LINKS = QUERIES["select_links"]
_DECIDED = QUERIES["select_decided_about"]

_READING: Final = [
    topic
    for topic, payload in PAYLOADS.items()
    if "inputs" in payload.model_fields or payload in (MarketObserved, PerpObserved)
]
"""The topics whose payloads say what was read for them."""


class Node(NamedTuple):
    """A recorded event."""

    event_id: str
    topic: str
    correlation_id: str
    causation_id: str
    sequence: int
    global_seq: int
    timestamp: datetime
    recorded_at: datetime
    producer: str
    portfolio: str
    payload: Any
    """JSON where it says what was read, else None."""

    @property
    def inputs(self) -> Any:
        """What the decision says it was made on; None where it says nothing."""
        return None if self.payload is None else self.payload.get("inputs")


type EdgeKind = Literal["caused", "read", "settled", "approved", "cancelled", "voted", "planned"]
"""Cause and effect, or what was read; the others are links that the payload of an event names."""


class Edge(NamedTuple):
    """The second event was caused by the first, was decided on it, or names it."""

    from_event_id: str
    to_event_id: str
    kind: EdgeKind


class Decision(NamedTuple):
    """What a queue group decided about an event, as it is kept in the journal of decisions."""

    cause_event_id: str
    queue_group: str
    decided_at: datetime
    event_ids: tuple[str, ...]
    """The events it decided to publish, in order."""


@dataclass(frozen=True, slots=True)
class CorrelationGraph:
    """Events of histories that belong together, in the order they were recorded."""

    nodes: Sequence[Node]
    edges: Sequence[Edge]
    decisions: Sequence[Decision]
    is_truncated: bool
    """Whether a limit was reached, so that something is left out."""
    linked: Sequence[Node] = ()
    """Events of other histories that a link leads to; these histories are not followed, as that of
    a portfolio leads to everything the portfolio ever did."""


@dataclass(slots=True)
class _Found:
    nodes: dict[str, Node] = field(default_factory=dict)
    histories: set[str] = field(default_factory=set)
    read: list[tuple[str, str]] = field(default_factory=list)
    """Events, and the histories of the observations that were read for them."""
    is_truncated: bool = False

    def take(self, nodes: Sequence[Node]) -> None:
        """Add nodes as far as there is room."""
        room = MAX_NODES - len(self.nodes)
        self.is_truncated |= len(nodes) > room
        self.nodes |= {node.event_id: node for node in nodes[:room]}

    def choose(self, names: Iterable[str]) -> list[str]:
        """Return the new ones among some histories, as far as there is room."""
        new = [name for name in dict.fromkeys(names) if name not in self.histories]
        room = MAX_HISTORIES - len(self.histories)
        self.is_truncated |= len(new) > room
        self.histories.update(new[:room])
        return new[:room]


class CorrelationGraphs:
    """Makes graphs. It raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def graph(self, correlation_id: str) -> CorrelationGraph | None:
        """Return the graph around a history; None when nothing of it is recorded."""
        with outage_is_transient():
            async with self._pool.acquire() as connection:
                found = await _follow(connection, correlation_id)
                rows = await connection.fetch(_DECIDED, list(found.nodes))
                linked, links = await _linked(connection, found)
        if not found.nodes:
            return None
        nodes = sorted(found.nodes.values(), key=lambda node: node.global_seq)
        decisions = [_decision(row) for row in rows]
        edges = [*_edges(nodes, found.read), *links]
        return CorrelationGraph(nodes, edges, decisions, found.is_truncated, linked)


async def _follow(connection: Connection, correlation_id: str) -> _Found:
    """Collect histories, one step further each time."""
    found = _Found()
    following = found.choose([correlation_id])
    for _ in range(MAX_DEPTH + 1):
        room = MAX_NODES - len(found.nodes)
        rows = await connection.fetch(_EVENTS, following, _READING, room + 1)
        nodes = [_node(row) for row in rows]
        found.take(nodes)
        read = [(node.event_id, name) for node in nodes for name in _references(node)]
        found.read += read
        neighbours = await _neighbours(connection, nodes)
        following = found.choose(chain(neighbours, (name for _, name in read)))
        if not following:
            return found
    found.is_truncated = True
    return found


async def _neighbours(connection: Connection, nodes: Sequence[Node]) -> list[str]:
    """Return the histories that caused these events, and those that these events caused."""
    causes = [
        node.causation_id
        for node in nodes
        if node.sequence == 1 and node.causation_id != node.correlation_id
    ]
    causing = await connection.fetch(_CAUSING, causes) if causes else []
    caused = await connection.fetch(_CAUSED, [node.event_id for node in nodes], MAX_HISTORIES + 1)
    return [row["correlation_id"] for row in (*causing, *caused)]


async def _linked(connection: Connection, found: _Found) -> tuple[list[Node], list[Edge]]:
    """Return the events that links lead to, and the links; none of them is followed further."""
    ids = list(found.nodes)
    room = MAX_NODES - len(ids)
    rows = await connection.fetch(_LINKED, ids, room + 1)
    found.is_truncated |= len(rows) > room
    nodes = [_node(row) for row in rows[:room]]
    links = await connection.fetch(_LINKS, [*ids, *(node.event_id for node in nodes)])
    return nodes, [Edge(*row) for row in links]


def _node(row: Any) -> Node:
    *columns, payload = row.values()
    return Node._make([*columns, None if payload is None else orjson.loads(payload)])


def _references(node: Node) -> Collection[str]:
    if node.payload is None:
        return ()
    return references_of(PAYLOADS[node.topic].model_validate_json(orjson.dumps(node.payload)))


def _edges(nodes: Sequence[Node], read: Iterable[tuple[str, str]]) -> list[Edge]:
    ids = {node.event_id for node in nodes}
    observed = {node.correlation_id: node.event_id for node in nodes if node.sequence == 1}
    caused = [
        Edge(node.causation_id, node.event_id, "caused")
        for node in nodes
        if node.causation_id in ids
    ]
    return caused + [
        Edge(observed[name], event_id, "read")
        for event_id, name in read
        if event_id in ids and name in observed
    ]


def _decision(row: Any) -> Decision:
    lines = bytes(row["events"]).splitlines()
    event_ids = tuple(orjson.loads(line)["eventId"] for line in lines)
    return Decision(row["cause_event_id"], row["queue_group"], row["decided_at"], event_ids)
