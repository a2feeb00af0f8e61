"""Requests that are wrong in every way a client can be wrong: refused, named, never published."""

import copy
import json
from collections.abc import Callable
from typing import Any

import httpx2
import nats
import pytest

from loadtest.platform import Platform
from tests.support.requests import USDC, intent


def changed(change: Callable[[dict[str, Any]], None]) -> bytes:
    """Return a good request with one thing changed."""
    body = copy.deepcopy(intent())
    change(body)
    return json.dumps(body).encode()


def with_(**fields: Any) -> bytes:
    return changed(lambda body: body.update(fields))


def with_asset(index: int, **fields: Any) -> bytes:
    return changed(lambda body: body["assets"][index].update(fields))


def with_constraint(**fields: Any) -> bytes:
    return changed(lambda body: body["constraints"].update(fields))


def without(field: str) -> bytes:
    return changed(lambda body: body.pop(field))


WRONG_CHECKSUM = "0xc02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"
UNKNOWN_TOKEN = "0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984"
DUPLICATE_KEY = json.dumps(intent()).encode().replace(b'{"strat', b'{"amount":"1","strat', 1)
INVALID_FIELDS = {
    "negative amount": (with_(amount="-1"), "amount"),
    "zero amount": (with_(amount="0"), "amount"),
    "huge amount": (with_(amount="9" * 60), "amount"),
    "amount not a number": (with_(amount="NaN"), "amount"),
    "infinite amount": (with_(amount="Infinity"), "amount"),
    "amount in exponents": (with_(amount="1e3"), "amount"),
    "amount as a float": (with_(amount=0.5), "amount"),
    "amount as a truth value": (with_(amount=True), "amount"),
    "more decimals than the token": (with_(amount="0." + "1" * 19), "amount"),
    "unknown field": (with_(colour="red"), "colour"),
    "unknown nested field": (with_constraint(colour="red"), "constraints.colour"),
    "missing field": (without("strategy_id"), "strategy_id"),
    "empty strategy": (with_(strategy_id=""), "strategy_id"),
    "strategy that breaks a subject": (with_(strategy_id="a.b > *"), "strategy_id"),
    "strategy as a number": (with_(strategy_id=7), "strategy_id"),
    "unknown intent type": (with_(intent_type="steal"), "intent_type"),
    "unknown token": (with_asset(0, address=UNKNOWN_TOKEN), "assets[0].address"),
    "wrong checksum": (with_asset(0, address=WRONG_CHECKSUM), "assets[0].address"),
    "address too short": (with_asset(0, address="0x12"), "assets[0].address"),
    "wrong decimals": (with_asset(0, decimals=6), "assets[0].decimals"),
    "symbol of another token": (with_asset(0, symbol="DAI"), "assets[0].symbol"),
    "unknown chain": (with_asset(0, chain="solana"), "assets"),
    "same token twice": (with_(assets=[USDC, USDC]), "assets"),
    "one asset": (with_(assets=[USDC]), "assets"),
    "three assets": (with_(assets=[USDC, USDC, USDC]), "assets"),
    "assets null": (with_(assets=None), "assets"),
    "slippage over 100 %": (with_constraint(max_slippage="1.01"), "constraints.max_slippage"),
    "negative slippage": (with_constraint(max_slippage="-0.1"), "constraints.max_slippage"),
    "no time": (with_constraint(time_window=0), "constraints.time_window"),
    "time in words": (with_constraint(time_window="soon"), "constraints.time_window"),
    "endless time": (with_constraint(time_window=10**12), "constraints.time_window"),
    "unknown style": (with_constraint(execution_style="wild"), "constraints.execution_style"),
    "amount twice": (DUPLICATE_KEY, "amount"),
}
MALFORMED = {
    "nothing": b"",
    "half a document": json.dumps(intent()).encode()[:-5],
    "a list": b"[]",
    "null": b"null",
    "NaN as a number": json.dumps(intent()).encode().replace(b'"0.5"', b"NaN"),
    "invalid UTF-8": json.dumps(intent()).encode().replace(b"demo", b"\xff\xfe"),
    "deep nesting": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "deep nesting in 60 KiB": b"[" * 60_000,
    "a number of 50,000 digits": b'{"amount":' + b"9" * 50_000 + b"}",
    "two documents": json.dumps(intent()).encode() * 2,
    "10 MB": b'{"strategy_id":"' + b"x" * 10_000_000 + b'"}',
}


async def published(platform: Platform) -> int:
    """Return how many intents were ever submitted, as the stream has it."""
    async with await nats.connect(platform.nats_url) as client:
        info = await client.jetstream().stream_info("EVENTS", subjects_filter="intent.submitted.>")
        return sum((info.state.subjects or {}).values())


def assert_problem(response: httpx2.Response) -> dict[str, Any]:
    """Assert that an answer is a 4xx problem (RFC 9457) without internals and return it."""
    assert 400 <= response.status_code < 500, response.text
    assert response.headers["content-type"].startswith("application/problem+json")
    problem: dict[str, Any] = response.json()
    assert problem["status"] == response.status_code
    assert {"type", "title", "detail", "code"} <= set(problem)
    assert "Traceback" not in response.text
    assert "pydantic" not in response.text
    return problem


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("name", INVALID_FIELDS)
async def test_a_wrong_field_is_named_and_nothing_is_published(
    platform: Platform, client: httpx2.AsyncClient, name: str
) -> None:
    body, field = INVALID_FIELDS[name]
    before = await published(platform)

    problem = assert_problem(await client.post("/intents", content=body, headers=JSON))

    fields = [error["field"] for error in problem["errors"]]
    assert any(named == field or named.startswith((f"{field}.", f"{field}[")) for named in fields)
    assert await published(platform) == before


@pytest.mark.parametrize("name", MALFORMED)
async def test_what_is_no_document_is_refused_and_nothing_is_published(
    platform: Platform, client: httpx2.AsyncClient, name: str
) -> None:
    before = await published(platform)

    try:
        response = await client.post("/intents", content=MALFORMED[name], headers=JSON)
    except httpx2.WriteError:
        assert len(MALFORMED[name]) > 10**6, "only a body it will not read may be cut off"
    else:
        assert_problem(response)

    assert await published(platform) == before
    assert (await client.get("/health")).is_success


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/intents/not-an-id", 400),
        ("GET", "/intents/01J5S3Y4PEJHBJ5A7FYHBXQRFG", 404),
        ("GET", "/plans/01J5S3Y4PEJHBJ5A7FYHBXQRFG", 404),
        ("GET", "/intents?limit=0", 400),
        ("GET", "/intents?state=lost", 400),
        ("GET", "/nowhere", 404),
        ("DELETE", "/intents", 405),
        ("POST", "/intents", 415),
    ],
)
async def test_wrong_requests_get_problems_as_well(
    client: httpx2.AsyncClient, method: str, path: str, status: int
) -> None:
    response = await client.request(method, path)

    assert_problem(response)
    assert response.status_code == status
