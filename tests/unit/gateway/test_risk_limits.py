"""Who sees which limits, who applies others, and what is answered then."""

from typing import Any

import httpx2
import pytest

from tests.support.keys import Signing, owned_key
from tests.unit.gateway.keyed import keyed_gateway
from tests.unit.gateway.support import GatewayHarness
from tests.unit.gateway.test_answers import RECORDED, REQUEST_ID, of_response
from tradewind.contracts.risk.policy import PolicyDocument, content_of_policy
from tradewind.errors import TransientError
from tradewind.keys.model import Accounts

POLICY: dict[str, Any] = {
    "hard": {"max_notional_usd": "1000"},
    "portfolios": {"fund": {"max_open_intents": 3}, "other": {"short_allowed": True}},
}
CONTENT = content_of_policy(PolicyDocument.model_validate(POLICY))


async def put(client: httpx2.AsyncClient, body: Any = POLICY, query: str = "") -> httpx2.Response:
    client.headers.update(REQUEST_ID)
    return await client.put(f"/risk/limits{query}", json=body)


async def test_limits_are_applied_and_shown() -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        before = (await client.get("/risk/limits")).json()
        assert (before["version"], before["limits"]) == (0, {"hard": {}, "defaults": {}} | NOTHING)
        answer = await put(client, query="?version=0")
        assert answer.status_code == 200
        shown = (await client.get("/risk/limits")).json()
        assert shown == answer.json()
    assert (shown["version"], shown["content"], shown["applied_by"]) == (1, CONTENT, "local")
    fund, other = shown["limits"]["portfolios"].values()
    assert (fund["max_open_intents"], other["short_allowed"]) == (3, True)


NOTHING: dict[str, Any] = {"portfolios": {}, "instruments": {}}


async def test_limits_of_another_version_are_refused() -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        answer = await put(client, query="?version=7")
        assert of_response(answer) == RECORDED["limits of another version"]
        assert gateway.policies.found.application is None


async def test_while_the_database_is_away_it_is_not_certain_that_limits_were_applied() -> None:
    gateway = GatewayHarness()
    gateway.policies.error = TransientError("secret")
    async with gateway.client() as client:
        assert of_response(await put(client)) == RECORDED["the limits are away for a change"]
        assert (await client.get("/risk/limits")).json()["code"] == "READ_UNAVAILABLE"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"hard": {"max_notional": "1"}}, "hard.max_notional"),
        ({"hard": {"max_notional_usd": 1.5}}, "hard.max_notional_usd"),
        ({"hard": {"max_notional_usd": "-1"}}, "hard.max_notional_usd"),
        ({"portfolios": {"fund": {"max_open_intents": True}}}, "portfolios.fund.max_open_intents"),
    ],
)
async def test_what_is_no_policy_is_refused_by_field(body: Any, field: str) -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        answer = await put(client, body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert gateway.policies.found.application is None


async def test_a_key_sees_the_portfolios_it_covers_and_applies_nothing_for_others() -> None:
    everything, fund = owned_key(), owned_key(accounts=Accounts(("*",), ("fund",)))
    async with keyed_gateway(everything, fund) as keyed, keyed.gateway.client() as client:
        assert (
            await client.put("/risk/limits", json=POLICY, auth=Signing(everything))
        ).status_code == 200
        shown = (await client.get("/risk/limits", auth=Signing(fund))).json()
        assert list(shown["limits"]["portfolios"]) == ["fund"]
        assert shown["content"] == CONTENT
        refused = await client.put("/risk/limits", json={}, auth=Signing(fund))
    assert refused.json()["code"] == "ACCOUNT_NOT_COVERED"
    application = keyed.gateway.policies.found.application
    assert application is not None
    assert (application.version, application.applied_by) == (1, everything.key.key_id)
