"""POST /intents: what is published, what is refused, and what is said about it."""

import json
from typing import Any

import pytest
from prometheus_client import REGISTRY

from tests.unit.gateway.support import (
    BODY,
    JSON,
    NOW,
    USDC,
    WETH,
    GatewayHarness,
    body_with,
    check_problem,
)
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.errors import TransientError, UnknownOutcome
from tradewind.ledger.upkeep.ingress import (
    IngressTooLate,
    IngressUnavailable,
    IngressUnknown,
    KeyUsed,
)
from tradewind.runtime.decisions import KeptEvent

LOWER_CASE = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
WRONG_CHECKSUM = "0xc02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"


async def test_an_accepted_intent_is_published_before_it_is_answered() -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        response = await client.post("/intents", json=BODY)
    assert response.status_code == 201
    answer = response.json()
    [event] = gateway.publisher.published
    assert answer == {
        "intent_id": event.payload.intent_id,
        "correlation_id": f"intent-{event.payload.intent_id}",
        "state": "submitted",
        "expires_at": "2026-11-20T12:05:00.000Z",
    }
    assert response.headers["location"] == f"/intents/{answer['intent_id']}"
    assert event.subject == "intent.submitted.ethereum-WETH-USDC.demo"
    assert event.correlation_id == event.causation_id == answer["correlation_id"]
    assert (event.sequence, event.timestamp, event.producer) == (1, NOW, "gateway")
    assert isinstance(event.payload, IntentSubmitted)
    assert json.loads(event.payload.intent.model_dump_json()) == BODY | {"success_criteria": []}


@pytest.mark.parametrize(
    ("body", "portfolio"),
    [
        (BODY, "fund-1"),
        (body_with("portfolio_id", "fund-2"), "fund-2"),
        (body_with("portfolio_id", None), "fund-1"),
        (body_with("strategy_id", "other"), "other"),
    ],
)
async def test_the_portfolio_is_the_intents_or_its_strategys(
    body: dict[str, Any], portfolio: str
) -> None:
    gateway = GatewayHarness(strategy_portfolios="demo=fund-1")
    async with gateway.client() as client:
        assert (await client.post("/intents", json=body)).status_code == 201
    [event] = gateway.publisher.published
    assert event.subject == f"intent.submitted.ethereum-WETH-USDC.{portfolio}"
    assert event.payload.intent.portfolio_id == body.get("portfolio_id")


async def test_a_lower_case_address_is_checksummed() -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        response = await client.post("/intents", json=body_with("assets.0.address", LOWER_CASE))
    assert response.status_code == 201
    [event] = gateway.publisher.published
    assert event.payload.intent.base.address == WETH["address"]


INVALID: list[tuple[str, Any, str]] = [
    ("amount", "-1", "amount"),
    ("amount", "0", "amount"),
    ("amount", "1" + "0" * 40, "amount"),
    ("amount", "1" + "0" * 39, "amount"),
    ("amount", "0.0000000000000000001", "amount"),
    ("amount", "NaN", "amount"),
    ("amount", "1e5", "amount"),
    ("amount", 1.5, "amount"),
    ("amount", 1, "amount"),
    ("amount", None, "amount"),
    ("amount", True, "amount"),
    ("assets", [WETH], "assets[1]"),
    ("assets", [WETH, USDC, USDC], "assets"),
    ("assets", {"0": WETH}, "assets"),
    ("assets", [WETH, WETH], "assets"),
    ("assets.0.address", WRONG_CHECKSUM, "assets[0].address"),
    ("assets.0.address", "0x" + "1" * 40, "assets[0].address"),
    ("assets.1.address", "WETH", "assets[1].address"),
    ("assets.1.decimals", 18, "assets[1].decimals"),
    ("assets.1.symbol", "USDT", "assets[1].symbol"),
    ("assets.1.extra", 1, "assets[1].extra"),
    ("constraints.max_slippage", "1.01", "constraints.max_slippage"),
    ("constraints.max_slippage", "-0.1", "constraints.max_slippage"),
    ("constraints.time_window", 0, "constraints.time_window"),
    ("constraints.time_window", 86_401, "constraints.time_window"),
    ("constraints.time_window", "300", "constraints.time_window"),
    ("constraints.time_window", 1.5, "constraints.time_window"),
    ("constraints.execution_style", "yolo", "constraints.execution_style"),
    ("intent_type", "steal", "intent_type"),
    ("strategy_id", "", "strategy_id"),
    ("strategy_id", "a.b", "strategy_id"),
    ("strategy_id", "a" * 65, "strategy_id"),
    ("portfolio_id", "", "portfolio_id"),
    ("portfolio_id", "a.b", "portfolio_id"),
    ("portfolio_id", "a" * 65, "portfolio_id"),
    ("success_criteria", [{}], "success_criteria[0].metric"),
    ("unknown", 1, "unknown"),
    ("bad key\n", 1, '["bad key\\n"]'),
]


@pytest.mark.parametrize(("path", "value", "field"), INVALID)
async def test_an_invalid_field_is_named_and_nothing_published(
    path: str, value: Any, field: str
) -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        response = await client.post("/intents", json=body_with(path, value))
    document = check_problem(response, 422, "VALIDATION_FAILED")
    assert field in {error["field"] for error in document["errors"]}
    assert gateway.publisher.attempts == []


async def test_another_chain_is_named() -> None:
    gateway = GatewayHarness()
    body = BODY | {"assets": [WETH | {"chain": "base"}, USDC | {"chain": "base"}]}
    async with gateway.client() as client:
        document = check_problem(await client.post("/intents", json=body), 422, "VALIDATION_FAILED")
    assert [error["field"] for error in document["errors"]] == [
        "assets[0].chain",
        "assets[1].chain",
    ]


async def test_every_missing_field_is_named() -> None:
    async with GatewayHarness().client() as client:
        response = await client.post("/intents", json={})
    document = check_problem(response, 422, "VALIDATION_FAILED")
    fields = [error["field"] for error in document["errors"]]
    assert fields == ["strategy_id", "intent_type", "assets", "amount", "constraints"]


async def test_a_broken_bound_is_given() -> None:
    async with GatewayHarness().client() as client:
        body = body_with("constraints.time_window", 90_000)
        document = (await client.post("/intents", json=body)).json()
    assert document["errors"][0]["limit"] == 86_400


async def test_the_value_of_a_field_is_never_echoed() -> None:
    secret = "0x" + "5ec2e7" * 10
    async with GatewayHarness().client() as client:
        response = await client.post(
            "/intents", json=BODY | {"private_key": secret, "amount": secret}
        )
    check_problem(response, 422, "VALIDATION_FAILED")
    assert secret not in response.text


MALFORMED: list[tuple[bytes, str]] = [
    (b"", "body"),
    (b"{", "body"),
    (b"\xff\xfe{}", "body"),
    (b'{"amount": "\xc3\x28"}', "body"),
    (b'{"amount": "\\ud800"}', "body"),
    (b'{"amount": NaN}', "amount"),
    (b'{"constraints": {"time_window": -Infinity}}', "constraints.time_window"),
    (b'{"assets": [{"decimals": 1e999}]}', "assets[0].decimals"),
    (b'{"amount": ' + b"1" * 5_000 + b"}", "amount"),
    (b'{"amount": "1", "amount": "2"}', "amount"),
    (b'{"assets": [{}, {"symbol": "A", "symbol": "B"}]}', "assets[1].symbol"),
    (b'{"a": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", "body"),
    (b"[" * 65_000, "body"),
    (b'{"a":' * 17 + b"1" + b"}" * 17, "body"),
]


@pytest.mark.parametrize(("body", "field"), MALFORMED, ids=range(len(MALFORMED)))
async def test_what_is_not_strict_json_is_refused(body: bytes, field: str) -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        response = await client.post("/intents", content=body, headers=JSON)
    document = check_problem(response, 400, "MALFORMED_JSON")
    assert [error["field"] for error in document["errors"]] == [field]
    assert gateway.publisher.attempts == []


@pytest.mark.parametrize("failure", [TransientError("no"), UnknownOutcome("?")])
async def test_what_is_kept_is_accepted_whatever_the_broker_says(failure: Exception) -> None:
    """Given a broker that took nothing, then the relay does the rest, and nobody waits for it."""
    gateway = GatewayHarness(failures=[failure] * 50)
    async with gateway.client() as client:
        response = await client.post("/intents", json=BODY)
        shown = await client.get(response.headers["location"])
    assert response.status_code == 201
    assert shown.json()["state"] == "submitted"
    assert len(gateway.journal.kept) == len(gateway.publisher.attempts) == 1


async def test_without_a_store_nothing_is_accepted_or_published() -> None:
    gateway = GatewayHarness()
    gateway.journal.error = IngressUnavailable("PostgreSQL: secret")
    async with gateway.client() as client:
        response = await client.post("/intents", json=BODY)
    check_problem(response, 503, "STORE_UNAVAILABLE")
    assert response.headers["retry-after"] == "2"
    assert "secret" not in response.text
    assert gateway.publisher.attempts == []


async def test_an_unknown_outcome_is_never_called_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Given a store that was lost while it kept the intent, then it is followed up."""
    gateway = GatewayHarness()
    gateway.journal.error = IngressUnknown("lost")
    monkeypatch.setattr("tradewind.runtime.clock.now", lambda: NOW)
    async with gateway.client() as client:
        response = await client.post("/intents", json=BODY)
        document = check_problem(response, 503, "OUTCOME_UNKNOWN")
        assert response.headers["retry-after"] == "2"
        intent_id = document["intent_id"]
        assert f"/intents/{intent_id}" in document["detail"]
        check_problem(await client.get(f"/intents/{intent_id}"), 503, "OUTCOME_UNKNOWN")
        late = NOW.replace(hour=13)
        monkeypatch.setattr("tradewind.runtime.clock.now", lambda: late)
        check_problem(await client.get(f"/intents/{intent_id}"), 404, "INTENT_NOT_FOUND")


async def test_an_outcome_that_was_unknown_is_known_when_the_store_answers() -> None:
    gateway = GatewayHarness()
    gateway.journal.error, gateway.journal.keeps = IngressUnknown("lost"), True
    async with gateway.client() as client:
        response = await client.post("/intents", json=BODY)
        intent_id = check_problem(response, 503, "OUTCOME_UNKNOWN")["intent_id"]
        shown = await client.get(f"/intents/{intent_id}")
    assert (shown.status_code, shown.json()["state"]) == (200, "submitted")


async def test_what_another_process_kept_is_shown_before_it_is_recorded() -> None:
    gateway, other = GatewayHarness(), GatewayHarness()
    other.journal.kept = gateway.journal.kept
    async with gateway.client() as client, other.client() as elsewhere:
        location = (await client.post("/intents", json=BODY)).headers["location"]
        shown = await elsewhere.get(location)
    assert (shown.status_code, shown.json()["state"]) == (200, "submitted")


async def test_an_unknown_outcome_with_a_key_names_no_intent() -> None:
    """Given a key, an earlier request may have been kept, under an id nobody knows here."""
    gateway = GatewayHarness()
    gateway.journal.error, gateway.journal.keeps = IngressUnknown("lost"), True
    key = {"Idempotency-Key": "order-1"}
    async with gateway.client() as client:
        document = check_problem(
            await client.post("/intents", json=BODY, headers=key), 503, "OUTCOME_UNKNOWN"
        )
        gateway.journal.error = None
        again = await client.post("/intents", json=BODY, headers=key)
    assert "intent_id" not in document
    assert "Idempotency-Key" in document["detail"]
    assert again.status_code == 201
    assert again.headers["idempotency-replayed"] == "true"
    assert len(gateway.journal.kept) == 1


async def test_an_intent_that_expired_before_it_was_kept_was_never_submitted() -> None:
    gateway = GatewayHarness()
    gateway.journal.error = IngressTooLate("it has expired")
    async with gateway.client() as client:
        response = await client.post("/intents", json=BODY)
    document = check_problem(response, 503, "STORE_UNAVAILABLE")
    assert response.headers["retry-after"]
    assert "intent_id" not in document
    assert gateway.publisher.attempts == []


async def test_an_intent_that_expired_on_its_way_to_the_broker_is_looked_up() -> None:
    gateway = GatewayHarness()

    async def publish_slowly(event: AnyEvent | KeptEvent) -> None:
        gateway.now = NOW.replace(hour=13)

    gateway.publisher.publish = publish_slowly  # type: ignore[method-assign]
    async with gateway.client() as client:
        response = await client.post("/intents", json=BODY)
        document = check_problem(response, 503, "OUTCOME_UNKNOWN")
        shown = await client.get(f"/intents/{document['intent_id']}")
    assert shown.status_code == 200
    assert len(gateway.journal.kept) == 1


def submissions(outcome: str) -> float:
    return (
        REGISTRY.get_sample_value("tradewind_intent_submissions_total", {"outcome": outcome}) or 0.0
    )


@pytest.mark.parametrize(
    ("error", "refusals", "outcome"),
    [
        (None, 0, "stored"),
        (None, 50, "stored"),
        (IngressTooLate("late"), 0, "refused"),
        (IngressUnavailable("away"), 0, "refused"),
        (IngressUnknown("lost"), 0, "unknown"),
        (KeyUsed(), 0, None),
    ],
)
async def test_submissions_are_counted_by_what_came_of_them(
    error: Exception | None, refusals: int, outcome: str | None
) -> None:
    gateway = GatewayHarness(failures=[TransientError("no")] * refusals)
    gateway.journal.error = error
    before = {name: submissions(name) for name in ("stored", "refused", "unknown")}
    async with gateway.client() as client:
        await client.post("/intents", json=BODY)
        await client.post("/intents", content=b"{", headers=JSON)
    after = {name: submissions(name) for name in before}
    assert {name: after[name] - before[name] for name in before} == {
        name: float(name == outcome) for name in before
    }
