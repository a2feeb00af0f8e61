"""GET routes: documents, pages, parameters, and what is answered before anything is recorded."""

from typing import Any

import pytest
from prometheus_client import generate_latest

from gateway.http.caller import Accounts, Caller, KeyScope
from tests.unit.gateway.memory_ports import FakeDependency
from tests.unit.gateway.support import BODY, NOW, GatewayHarness, check_problem
from tests.unit.gateway.support import make_event as make_submitted
from tradewind.contracts.envelope import AnyEvent, next_events
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.contracts.risk.payloads import RiskRejected
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.errors import TransientError
from tradewind.runtime.broker_stats import BrokerSilent

AWAY = TransientError("PostgreSQL: no password for user secret at 10.0.0.7")
UNKNOWN_ID = "01J5S3Y4PEJHBJ5A7FYHBXQRFG"


def rejected(cause: AnyEvent) -> AnyEvent:
    payload = RiskRejected(
        intent_id=cause.payload.intent_id,
        reason=RiskRejectionReason.NOTIONAL_LIMIT,
        detail="too much",
    )
    return next_events(cause, [payload], producer="risk", at=NOW)[0]


async def test_a_just_submitted_intent_is_known_before_it_is_recorded() -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        intent_id = (await client.post("/intents", json=BODY)).json()["intent_id"]
        document = (await client.get(f"/intents/{intent_id}")).json()
        history = (await client.get(f"/intents/{intent_id}/events")).json()
    assert document["state"] == "submitted"
    assert document["intent_id"] == intent_id
    assert document["version"] == 1
    assert document["summary"]["pair"] == "WETH/USDC"
    assert history == {"items": [], "next_cursor": None}


async def test_the_read_model_wins_over_what_was_submitted() -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        intent_id = (await client.post("/intents", json=BODY)).json()["intent_id"]
        submission = gateway.recent.get(intent_id)
        assert submission is not None
        gateway.read_models.documents[f"intent:{intent_id}"] = submission.as_document().model_copy(
            update={"state": IntentState.PLANNED}
        )
        assert (await client.get(f"/intents/{intent_id}")).json()["state"] == "planned"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/intents/{UNKNOWN_ID}", "INTENT_NOT_FOUND"),
        (f"/intents/{UNKNOWN_ID}/events", "INTENT_NOT_FOUND"),
        (f"/intents/{UNKNOWN_ID}/events?cursor=1", "INTENT_NOT_FOUND"),
        (f"/intents/{UNKNOWN_ID}/events?cursor=65535&limit=1", "INTENT_NOT_FOUND"),
        (f"/plans/{UNKNOWN_ID}", "PLAN_NOT_FOUND"),
        ("/positions/demo", "POSITIONS_NOT_FOUND"),
        ("/nothing", "NOT_FOUND"),
        ("/intents/", "NOT_FOUND"),
        (f"/intents/{UNKNOWN_ID}/", "NOT_FOUND"),
    ],
)
async def test_what_does_not_exist_is_a_404(path: str, code: str) -> None:
    async with GatewayHarness().client() as client:
        check_problem(await client.get(path), 404, code)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/intents/not-an-id", "intent_id"),
        (f"/intents/{UNKNOWN_ID.lower()}", "intent_id"),
        (f"/intents/intent-{UNKNOWN_ID}", "intent_id"),
        ("/intents/x/events", "intent_id"),
        ("/plans/8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "plan_id"),
        ("/positions/a.b", "strategy_id"),
        (f"/positions/{'a' * 65}", "strategy_id"),
        ("/intents?state=done", "state"),
        ("/intents?strategy_id=", "strategy_id"),
        ("/intents?limit=0", "limit"),
        ("/intents?limit=201", "limit"),
        ("/intents?limit=ten", "limit"),
        (f"/intents?limit={'9' * 400}", "limit"),
        ("/intents?limit=١", "limit"),
        ("/intents?cursor=1", "cursor"),
        ("/intents?cursor=", "cursor"),
        ("/intents?stat=failed", "stat"),
        ("/intents?limit=1&limit=2", "limit"),
        (f"/intents/{UNKNOWN_ID}/events?cursor=-1", "cursor"),
        (f"/intents/{UNKNOWN_ID}/events?cursor=65536", "cursor"),
        (f"/intents/{UNKNOWN_ID}?fields=state", "fields"),
    ],
)
async def test_a_wrong_parameter_is_named(path: str, field: str) -> None:
    async with GatewayHarness().client() as client:
        document = check_problem(await client.get(path), 400, "INVALID_PARAMETER")
    assert [error["field"] for error in document["errors"]] == [field]


async def test_filters_and_cursor_reach_the_read_models() -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        query = f"state=failed&strategy_id=demo&limit=200&cursor={UNKNOWN_ID}"
        response = await client.get(f"/intents?{query}")
        await client.get("/intents")
    assert response.json() == {"items": [], "next_cursor": None, "total": 0}
    assert gateway.read_models.asked == [
        (IntentState.FAILED, "demo", UNKNOWN_ID, 200),
        (None, None, None, 50),
    ]


async def test_a_history_is_paged_by_sequence_and_byte_for_byte() -> None:
    gateway = GatewayHarness()
    first = make_submitted()
    second = rejected(first)
    gateway.history.events = [first, second]
    path = f"/intents/{first.payload.intent_id}/events"
    async with gateway.client() as client:
        page = await client.get(f"{path}?limit=1")
        rest = await client.get(f"{path}?limit=1&cursor={page.json()['next_cursor']}")
        beyond = await client.get(f"{path}?cursor=2")
    assert page.content == b'{"items":[' + first.to_bytes() + b'],"next_cursor":1}'
    assert rest.content == b'{"items":[' + second.to_bytes() + b'],"next_cursor":null}'
    assert beyond.json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    "path", ["/intents", f"/intents/{UNKNOWN_ID}", f"/plans/{UNKNOWN_ID}", "/positions/demo"]
)
async def test_missing_stores_are_a_503_without_internals(path: str) -> None:
    gateway = GatewayHarness()
    gateway.read_models.error = AWAY
    async with gateway.client() as client:
        response = await client.get(path)
    check_problem(response, 503, "READ_UNAVAILABLE")
    assert response.headers["retry-after"] == "2"
    assert "secret" not in response.text
    assert "10.0.0.7" not in response.text


async def test_health_looks_at_nothing() -> None:
    gateway = GatewayHarness()
    gateway.read_models.error = AWAY
    gateway.dependencies[0].error = TransientError("down")
    async with gateway.client() as client:
        response = await client.get("/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_readiness_shows_every_dependency_and_consumer() -> None:
    async with GatewayHarness().client() as client:
        response = await client.get("/ready")
    document: dict[str, Any] = response.json()
    assert response.status_code == 200
    assert document["status"] == "ready"
    assert {name: state["status"] for name, state in document["dependencies"].items()} == {
        "nats": "up",
        "redis": "up",
    }
    assert all(state["latency_ms"] >= 0 for state in document["dependencies"].values())
    assert document["consumers"] == [
        {"durable": "coordinator", "status": "active", "pending": 3, "unacknowledged": 1},
        {"durable": "risk-workers", "status": "missing"},
    ]


@pytest.mark.parametrize("error", [TransientError("secret"), TimeoutError()])
async def test_a_missing_dependency_makes_the_gateway_not_ready(error: Exception) -> None:
    gateway = GatewayHarness()
    gateway.dependencies.append(FakeDependency("postgres", error))
    async with gateway.client() as client:
        response = await client.get("/ready")
    assert response.status_code == 503
    assert response.json()["status"] == "not_ready"
    assert response.json()["dependencies"]["postgres"]["status"] == "down"
    assert "secret" not in response.text


@pytest.mark.parametrize("error", [BrokerSilent("secret"), TimeoutError()])
async def test_a_lag_that_cannot_be_measured_is_left_out(error: Exception) -> None:
    gateway = GatewayHarness()
    gateway.consumers.error = error
    async with gateway.client() as client:
        response = await client.get("/ready")
    assert (response.status_code, response.json()["consumers"]) == (200, [])


async def test_who_has_no_key_for_it_is_told_the_status_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nobody = Caller("nobody", frozenset({KeyScope.READ, KeyScope.TRADE}), Accounts())
    monkeypatch.setattr("gateway.http.middleware.caller.LOCAL_CALLER", nobody)
    gateway = GatewayHarness()
    async with gateway.client() as client:
        ready = await client.get("/ready")
        gateway.dependencies[0].error = TransientError("down")
        gateway.services.readiness._answered_at = float("-inf")
        not_ready = await client.get("/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    assert (not_ready.status_code, not_ready.json()) == (503, {"status": "not_ready"})


async def test_metrics_are_by_route_and_not_by_path() -> None:
    async with GatewayHarness().client() as client:
        await client.get(f"/intents/{UNKNOWN_ID}")
        assert (await client.get("/metrics")).status_code == 404
    text = generate_latest().decode()
    line = 'tradewind_http_requests_total{method="GET",route="/intents/{intent_id}",status="404"}'
    assert line in text
    assert UNKNOWN_ID not in text
