"""Requests to a gateway in memory, made before there is one."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from tests.unit.gateway.support import BODY, JSON, GatewayHarness

Ask = Callable[[GatewayHarness, httpx2.AsyncClient], Awaitable[httpx2.Response]]


def get(path: str, **headers: str) -> Ask:
    async def ask(_: GatewayHarness, client: httpx2.AsyncClient) -> httpx2.Response:
        return await client.get(path, headers=headers)

    return ask


def request(method: str, path: str, **headers: str) -> Ask:
    async def ask(_: GatewayHarness, client: httpx2.AsyncClient) -> httpx2.Response:
        return await client.request(method, path, headers=headers)

    return ask


def post(body: Any = BODY, **headers: str) -> Ask:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def ask(_: GatewayHarness, client: httpx2.AsyncClient) -> httpx2.Response:
        return await client.post("/intents", content=content, headers=JSON | headers)

    return ask


def after(prepare: Callable[[GatewayHarness], object], ask: Ask) -> Ask:
    async def prepared(gateway: GatewayHarness, client: httpx2.AsyncClient) -> httpx2.Response:
        prepare(gateway)
        return await ask(gateway, client)

    return prepared


def one_after_the_other(first: Ask, *others: Ask) -> Ask:
    """Return the answer to the last of several requests."""

    async def ask(gateway: GatewayHarness, client: httpx2.AsyncClient) -> httpx2.Response:
        answer = await first(gateway, client)
        for other in others:
            answer = await other(gateway, client)
        return answer

    return ask


def post_to(path: str, body: Any) -> Ask:
    async def ask(_: GatewayHarness, client: httpx2.AsyncClient) -> httpx2.Response:
        return await client.post(path, json=body)

    return ask
