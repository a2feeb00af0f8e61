"""Requests with an Idempotency-Key: which are the same one, sent again."""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from gateway.http.caller import LOCAL_CALLER
from tests.unit.gateway.support import (
    BODY,
    JSON,
    GatewayHarness,
    body_with,
    check_problem,
    make_event,
)
from tradewind.ledger.upkeep.ingress import RequestKey

LOWER_CASE = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"


async def test_a_repeated_request_is_the_same_request() -> None:
    gateway = GatewayHarness()
    key = {"Idempotency-Key": "order-1"}
    async with gateway.client() as client:
        first = await client.post("/intents", json=BODY, headers=key)
        again = await client.post("/intents", json=BODY, headers=key)
        other = await client.post("/intents", json=body_with("amount", "2.0"), headers=key)
        alone = await client.post("/intents", json=BODY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    check_problem(other, 422, "IDEMPOTENCY_KEY_USED")
    assert alone.json()["intent_id"] != first.json()["intent_id"]
    assert len(gateway.publisher.published) == 2


async def test_a_key_is_its_account_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given two accounts that made up the same key: neither learns of the other's request."""
    gateway = GatewayHarness()
    key = {"Idempotency-Key": "order-1"}
    answers = []
    async with gateway.client() as client:
        for account in ("alice", "bob"):
            caller = replace(LOCAL_CALLER, key_id=account)
            monkeypatch.setattr("gateway.http.middleware.caller.LOCAL_CALLER", caller)
            answers.append(await client.post("/intents", json=BODY, headers=key))
        answers.append(await client.post("/intents", json=body_with("amount", "2.0"), headers=key))
    alice, bob, used = answers
    assert alice.json()["intent_id"] != bob.json()["intent_id"]
    assert "idempotency-replayed" not in bob.headers
    check_problem(used, 422, "IDEMPOTENCY_KEY_USED")


def sorted_and_spaced() -> bytes:
    return json.dumps(BODY, indent=3, sort_keys=True).encode()


def reversed_keys() -> bytes:
    return json.dumps(dict(reversed(BODY.items())), separators=(",", ":")).encode()


def escaped() -> bytes:
    return json.dumps(BODY).replace("demo", "\\u0064emo").encode()


def other_zeros() -> bytes:
    return json.dumps(body_with("amount", "1.000")).encode()


def defaults_said() -> bytes:
    return json.dumps(BODY | {"success_criteria": [], "portfolio_id": None}).encode()


def lower_case_address() -> bytes:
    return json.dumps(body_with("assets.0.address", LOWER_CASE)).encode()


@pytest.mark.parametrize(
    "spelling",
    [
        sorted_and_spaced,
        reversed_keys,
        escaped,
        other_zeros,
        defaults_said,
        lower_case_address,
    ],
)
async def test_a_request_is_known_by_its_meaning_not_by_its_bytes(
    spelling: Callable[[], bytes],
) -> None:
    gateway = GatewayHarness()
    key = JSON | {"Idempotency-Key": "order-1"}
    async with gateway.client() as client:
        first = await client.post("/intents", json=BODY, headers=key)
        again = await client.post("/intents", content=spelling(), headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(gateway.publisher.published) == 1


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("amount", "10"),
        ("constraints.max_slippage", "0.001"),
        ("constraints.time_window", 30),
        ("strategy_id", "Demo"),
        ("intent_type", "dispose"),
    ],
)
async def test_another_meaning_is_another_request(path: str, value: object) -> None:
    gateway = GatewayHarness()
    key = JSON | {"Idempotency-Key": "order-1"}
    async with gateway.client() as client:
        await client.post("/intents", json=BODY, headers=key)
        other = await client.post("/intents", json=body_with(path, value), headers=key)
    check_problem(other, 422, "IDEMPOTENCY_KEY_USED")


@pytest.mark.parametrize("key", ["", "x" * 129, "tab\there"])
async def test_a_key_that_is_none_is_refused(key: str) -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        response = await client.post("/intents", json=BODY, headers={"Idempotency-Key": key})
    check_problem(response, 400, "INVALID_PARAMETER")
    assert gateway.publisher.attempts == []


async def test_an_answer_that_is_repeated_is_not_remembered_as_new() -> None:
    """Given another process took the first request: only the ledger can show its intent here."""
    gateway = GatewayHarness()
    earlier = make_event(1)
    scoped = RequestKey("local", "POST", "/intents", "order-1")
    gateway.journal.by_key[scoped] = (earlier.to_bytes(), sha256(b"{}").digest())
    key = {"Idempotency-Key": "order-1"}
    async with gateway.client() as client:
        used = await client.post("/intents", json=BODY, headers=key)
        body = json.dumps(BODY).encode()
        gateway.journal.by_key[scoped] = (earlier.to_bytes(), sha256(body).digest())
        again = await client.post("/intents", content=body, headers=JSON | key)
        shown = await client.get(again.headers["location"])
    check_problem(used, 422, "IDEMPOTENCY_KEY_USED")
    assert again.json()["intent_id"] == earlier.payload.intent_id
    check_problem(shown, 404, "INTENT_NOT_FOUND")
    assert gateway.publisher.attempts == []
