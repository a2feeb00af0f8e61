"""The answers to who is not believed are held to the letter, as all others are."""

import json
import re
from collections.abc import Awaitable, Callable

import httpx2
import pytest

from tests.support.keys import owned_key
from tests.unit.gateway.keyed import KeyedGateway, keyed_gateway
from tests.unit.gateway.recorded_answers import RECORDED, REQUEST_ID, of_response
from tests.unit.gateway.support import BODY, JSON
from tradewind.keys.model import Accounts

OWNED = owned_key(accounts=Accounts(("alpha",), ("fund-*",)))
CONTENT = json.dumps(BODY).encode()
OWN_STRATEGY = json.dumps(BODY | {"strategy_id": "alpha"}).encode()

Ask = Callable[[KeyedGateway, httpx2.AsyncClient], Awaitable[httpx2.Response]]


async def nobody(_: KeyedGateway, client: httpx2.AsyncClient) -> httpx2.Response:
    return await client.get("/intents")


async def late(_: KeyedGateway, client: httpx2.AsyncClient) -> httpx2.Response:
    header = OWNED.authorization("GET", "/intents", timestamp_ms=1)
    return await client.get("/intents", headers={"Authorization": header})


async def without_redis(keyed: KeyedGateway, client: httpx2.AsyncClient) -> httpx2.Response:
    keyed.redis.error = ConnectionError("away")
    return await submitted(CONTENT)(keyed, client)


def submitted(content: bytes) -> Ask:
    async def ask(_: KeyedGateway, client: httpx2.AsyncClient) -> httpx2.Response:
        header = OWNED.authorization("POST", "/intents", content)
        headers = JSON | {"Authorization": header}
        return await client.post("/intents", content=content, headers=headers)

    return ask


ASKED: dict[str, Ask] = {
    "nobody asks": nobody,
    "a signature is of another time": late,
    "nonces cannot be kept": without_redis,
    "an intent of another strategy": submitted(CONTENT),
    "an intent of another portfolio": submitted(OWN_STRATEGY),
}


@pytest.mark.parametrize("name", ASKED)
async def test_an_answer_is_what_it_always_was(name: str) -> None:
    async with keyed_gateway(OWNED) as keyed, keyed.gateway.client() as client:
        client.headers.update(REQUEST_ID)
        answer = of_response(await ASKED[name](keyed, client))
    if "server_time" in answer["body"]:
        assert re.fullmatch(r"20.{21}Z", answer["body"].pop("server_time"))
    assert answer == RECORDED[name]
