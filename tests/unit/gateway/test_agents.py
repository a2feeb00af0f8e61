"""The status of a role follows from what is heard and what waits; graphs say how things relate."""

from decimal import Decimal

import pytest

from gateway.routes.agents import status_of
from gateway.routes.correlations import drawn, related_of
from tests.support.histories import START, History
from tests.unit.gateway.support import GatewayHarness
from tradewind.contracts.roles import Kind
from tradewind.ledger.history.graph import Edge, Node


@pytest.mark.parametrize(
    ("heard", "waiting", "oldest", "status"),
    [
        ("missing", (0, 0), None, "stopped"),
        ("unknown", (5, 1), Decimal(90), "unknown"),
        ("stalled", (0, 0), None, "stalled"),
        ("alive", (0, 0), None, "idle"),
        ("alive", (0, 0), Decimal(90), "idle"),
        ("alive", (1, 0), Decimal(30), "running"),
        ("alive", (1, 0), Decimal(31), "stalled"),
        ("alive", (1, 1), Decimal(31), "running"),
        ("alive", (0, 1), None, "running"),
        ("alive", None, Decimal(31), "unknown"),
    ],
)
def test_a_status_is_computed(
    heard: str, waiting: tuple[int, int] | None, oldest: Decimal | None, status: str
) -> None:
    assert status_of(heard, Kind.POOL, waiting, oldest, has_group=True) == status


def node(number: int, correlation_id: str, causation_id: str = "") -> Node:
    return Node(
        f"E{number}",
        "topic",
        correlation_id,
        causation_id,
        1,
        number,
        START,
        START,
        "risk",
        "p",
        None,
    )


def test_a_history_stands_to_another_as_their_events_do() -> None:
    nodes = [
        node(1, "signal-1"),
        node(2, "intent-1", "E1"),
        node(3, "instrument-1"),
        node(4, "portfolio-1"),
        node(5, "closing-1"),
    ]
    edges = [
        Edge("E1", "E2", "caused"),
        Edge("E3", "E2", "read"),
        Edge("E2", "E4", "settled"),
    ]
    found = {one.correlation_id: one.relation for one in related_of("intent-1", nodes, edges)}
    assert found == {
        "signal-1": "cause",
        "instrument-1": "read",
        "portfolio-1": "linked",
        "closing-1": "indirect",
    }
    graph = drawn(nodes, edges)
    assert [(one.source, one.target) for one in graph.edges] == [(0, 1), (2, 1), (1, 3)]
    assert [one.latency_ms for one in graph.nodes] == [None, 0, None, None, None]


async def test_events_of_agents_are_filtered_and_paged() -> None:
    gateway = GatewayHarness()
    gateway.ledger.events += History().completed()
    async with gateway.client() as client:
        page = (await client.get("/agents/events?type=exec.*&source=test&limit=2")).json()
        assert [one["event"]["topic"] for one in page["items"]] == [
            "exec.completed",
            "exec.step_filled",
        ]
        assert page["next_cursor"] == page["items"][-1]["global_seq"]
        assert gateway.ledger.asked[-1].producer == "test"
        run_id = "01M8G5E8C33SMXKYM4C561G409"
        await client.get(f"/agents/events?run_id={run_id}")
        assert gateway.ledger.asked[-1].correlation_id == f"backtest-{run_id}"
        refused = await client.get(f"/agents/events?run_id={run_id}&correlation_id=intent-1")
        assert refused.status_code == 400


async def test_workflows_are_of_every_queue_group() -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        document = (await client.get("/agents/workflows")).json()
    groups = {one["queue_group"] for one in document["items"]}
    assert {"planner.workers", "risk.workers", None} <= groups
    assert document["open_flows"] == []


async def test_a_known_answer_is_not_sent_again() -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        first = await client.get("/as-of/42")
        again = await client.get("/as-of/42", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["x-as-of-sequence"] == "42"
        assert (await client.get("/live/portfolio?as_of=42")).headers["x-as-of-sequence"] == "42"
        assert (await client.get("/live/portfolio?incarnation=a")).status_code == 400
