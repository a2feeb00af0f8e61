"""Every kind of answer about trading states is held to the letter."""

from dataclasses import replace
from typing import Any

import httpx2
import pytest

from tests.unit.gateway.asking import Ask, after, get, one_after_the_other
from tests.unit.gateway.recorded_answers import RECORDED, REQUEST_ID, of_response
from tests.unit.gateway.support import GatewayHarness
from tests.unit.gateway.test_answers import counted
from tradewind.contracts.ids import MAX_SEQUENCE
from tradewind.errors import TransientError


def put_state(path: str, body: Any, method: str = "PUT") -> Ask:
    """Change a trading state."""

    async def ask(_: GatewayHarness, client: httpx2.AsyncClient) -> httpx2.Response:
        return await client.request(method, f"/risk/states/{path}", json=body)

    return ask


HALT = {"state": "halted", "reason": "drill"}
RESUME = {"state": "active", "reason": "the drill is over"}


def history_is_full(gateway: GatewayHarness) -> None:
    kept = gateway.states.kept
    kept.update({scope: replace(one, version=MAX_SEQUENCE) for scope, one in kept.items()})


def states_fail(gateway: GatewayHarness) -> None:
    gateway.states.error = TransientError("secret")


ASKED: dict[str, Ask] = {
    "nothing is halted": get("/risk/states"),
    "trading is halted": put_state("everything", HALT),
    "trading is halted already": one_after_the_other(
        put_state("everything", HALT), put_state("everything", HALT)
    ),
    "what is halted is shown": one_after_the_other(
        put_state("everything", HALT), get("/risk/states")
    ),
    "trading is resumed": one_after_the_other(
        put_state("everything", HALT), put_state("everything", RESUME)
    ),
    "a state is another one by now": put_state("everything?version=7", HALT),
    "a state of no version": put_state("everything?version=-1", HALT),
    "a state of no scope": put_state("fund", HALT),
    "a lock without an end": put_state("lock:ethereum-WETH-USDC", HALT),
    "a state without a reason": put_state("everything", {"state": "halted"}),
    "a state that would allow more": one_after_the_other(
        put_state("everything", HALT),
        put_state("everything/tighten", {"state": "reducing", "reason": "drill"}, "POST"),
    ),
    "the history of a scope is full": one_after_the_other(
        put_state("everything", HALT), after(history_is_full, put_state("everything", RESUME))
    ),
    "the states are away": after(states_fail, get("/risk/states")),
    "the states are away for a halt": after(states_fail, put_state("everything", HALT)),
}


@pytest.mark.parametrize("name", ASKED)
async def test_an_answer_is_what_it_always_was(name: str) -> None:
    gateway = GatewayHarness(entropy=counted())
    async with gateway.client() as client:
        client.headers.update(REQUEST_ID)
        answer = await ASKED[name](gateway, client)
    assert of_response(answer) == RECORDED[name]
