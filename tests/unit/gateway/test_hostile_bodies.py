"""Whatever the body: an answer below 500, and nothing published that is not an intent."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.gateway.support import BODY, JSON, GatewayHarness, body_with
from tradewind.contracts.intents.model import Intent

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(["0", "-1", "1e9", "NaN", "0x", "9" * 200, "\x00", "١"]),
)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
paths = st.sampled_from(
    [
        "strategy_id",
        "intent_type",
        "assets",
        "assets.0",
        "assets.0.symbol",
        "assets.0.chain",
        "assets.0.address",
        "assets.1.decimals",
        "amount",
        "constraints",
        "constraints.max_slippage",
        "constraints.time_window",
        "constraints.execution_style",
        "success_criteria",
        "surprise",
    ]
)


async def _post(gateway: GatewayHarness, body: bytes) -> Any:
    async with gateway.client() as client:
        return await client.post("/intents", content=body, headers=JSON)


def _check(gateway: GatewayHarness, response: Any) -> None:
    assert response.status_code in (201, 400, 413, 422)
    if response.status_code == 201:
        [event] = gateway.publisher.published
        assert isinstance(event.payload.intent, Intent)
        return
    assert gateway.publisher.attempts == []
    assert response.headers["content-type"] == "application/problem+json"
    assert all(error["field"] and error["message"] for error in response.json()["errors"])


@given(st.binary(max_size=300))
async def test_any_bytes(body: bytes) -> None:
    gateway = GatewayHarness()
    _check(gateway, await _post(gateway, body))


@given(documents)
async def test_any_document(document: Any) -> None:
    gateway = GatewayHarness()
    _check(gateway, await _post(gateway, json.dumps(document).encode()))


@given(paths, documents)
async def test_an_intent_with_any_value_in_one_place(path: str, value: Any) -> None:
    gateway = GatewayHarness()
    _check(gateway, await _post(gateway, json.dumps(body_with(path, value)).encode()))


@given(st.integers(0, len(json.dumps(BODY)) - 1), st.binary(max_size=8), st.integers(0, 8))
async def test_an_intent_with_some_bytes_replaced(at: int, patch: bytes, removed: int) -> None:
    body = json.dumps(BODY).encode()
    gateway = GatewayHarness()
    _check(gateway, await _post(gateway, body[:at] + patch + body[at + removed :]))
