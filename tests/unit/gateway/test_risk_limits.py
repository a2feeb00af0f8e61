"""Who sees which limits, who applies others, and what is answered then."""

from typing import Any

import httpx2
import pytest

from tests.support.keys import Signing, owned_key
from tests.unit.gateway.keyed import keyed_gateway
from tests.unit.gateway.recorded_answers import RECORDED, REQUEST_ID, of_response
from tests.unit.gateway.support import GatewayHarness, check_problem
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


IN_FORCE: dict[str, Any] = {
    "hard": {"max_notional_usd": "9000"},
    "defaults": {"max_notional_usd": "1000", "max_slippage_bps": 100},
    "portfolios": {
        "fund": {"max_notional_usd": "5000", "short_allowed": False},
        "other": {"max_notional_usd": "7000"},
    },
    "instruments": {"ethereum-WETH-USDC": {"max_order_amount": "3"}},
}
INSTRUMENT_SAID = {"ethereum-WETH-USDC": {"max_notional_usd": "6000"}}


async def tighten(
    client: httpx2.AsyncClient, body: Any, query: str = "", **options: Any
) -> httpx2.Response:
    return await client.post(f"/risk/limits/tighten{query}", json=body, **options)


@pytest.mark.parametrize(
    ("change", "place", "value"),
    [
        ({"hard": {"max_notional_usd": "800"}}, ("hard", "max_notional_usd"), "800"),
        ({"defaults": {"max_open_intents": 3}}, ("defaults", "max_open_intents"), 3),
        (
            {"portfolios": {"fund": {"max_notional_usd": "4000"}}},
            ("portfolios", "fund", "max_notional_usd"),
            "4000",
        ),
        (
            {"portfolios": {"new": {"max_notional_usd": "900"}}},
            ("portfolios", "new", "max_notional_usd"),
            "900",
        ),
        # Nobody gets more by these: no other limit reaches the hard one, or it holds.
        ({"hard": {"max_notional_usd": "9001"}}, ("hard", "max_notional_usd"), "9001"),
        ({"hard": {"max_slippage_bps": 100}, "defaults": {"max_slippage_bps": 300}},
         ("defaults", "max_slippage_bps"), 300),
        ({"hard": {"max_slippage_bps": 50}, "defaults": {"max_slippage_bps": None}},
         ("hard", "max_slippage_bps"), 50),
    ],
    ids=["hard", "a new default", "a portfolio", "a new portfolio", "beyond", "capped", "moved up"],
)  # fmt: skip
async def test_what_only_tightens_is_put_beside_what_is_said(
    change: Any, place: tuple[str, ...], value: Any
) -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        await put(client, IN_FORCE)
        answer = await tighten(client, change, "?version=1")
        assert answer.status_code == 200, answer.text
        shown = (await client.get("/risk/limits")).json()
    assert shown == answer.json()
    found = shown["limits"]
    for name in place:
        found = found[name]
    assert found == value
    assert shown["version"] == 2
    assert shown["limits"]["portfolios"]["other"]["max_notional_usd"] == "7000"


@pytest.mark.parametrize(
    "change",
    [
        {"hard": {"max_notional_usd": None}, "portfolios": {"new": {"max_notional_usd": "9001"}}},
        {"defaults": {"max_notional_usd": "1001"}},
        {"defaults": {"max_slippage_bps": None}},
        {"portfolios": {"fund": {"max_notional_usd": "5001"}}},
        {"portfolios": {"fund": {"short_allowed": True}}},
        {"portfolios": {"fund": {"short_allowed": None}}},
        {"defaults": {"short_allowed": True}},
        {"portfolios": {"new": {"max_notional_usd": "1001"}}},
        {"portfolios": {"new": {"max_slippage_bps": 101}}},
        {"instruments": {"ethereum-WETH-USDC": {"max_order_amount": None}}},
        {"instruments": {"ethereum-WETH-USDC": {"max_notional_usd": "1001"}}},
        {"instruments": {"ethereum-LINK-USDC": {"max_slippage_bps": 101}}},
        {"portfolios": {"fund": {"instruments": {"ethereum-A-B": {"max_notional_usd": "5001"}}}}},
        # A default that becomes a limit of its portfolios leaves the rest without one.
        {"defaults": {"max_slippage_bps": None}, "portfolios": {"fund": {"max_slippage_bps": 1}}},
        # One limit gets tighter, and another one looser.
        {"hard": {"max_notional_usd": "10"}, "defaults": {"max_slippage_bps": 101}},
        # What is tighter for itself lets the default's place be taken by a looser one.
        {"portfolios": {"fund": {"max_notional_usd": None}, "x": {"max_notional_usd": "1001"}}},
    ],
    ids=[
        "hard", "a default", "a default taken away", "a portfolio", "short", "short not said",
        "short by default", "a new portfolio", "another limit of one", "an instrument",
        "an instrument beside a portfolio", "a new instrument", "a pair", "a default moved down",
        "one of two", "by another portfolio",
    ],
)  # fmt: skip
async def test_what_lets_anything_through_is_refused_however_it_is_written(change: Any) -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        await put(client, IN_FORCE)
        before = gateway.policies.found
        answer = await tighten(client, change)
        check_problem(answer, 409, "POLICY_LOOSENS")
    assert gateway.policies.found == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hard": {"min_notional_usd": "9001"}}, "hard"),
        ({"portfolios": {"fund": None}}, "portfolios.fund"),
        ({"portfolios": None}, "portfolios"),
        ({"hard": {"max_notional": "1"}}, "hard.max_notional"),
        ({"portfolios": {f"p{one}": {"max_open_intents": 1} for one in range(499)}}, "portfolios"),
    ],
    ids=["against another", "null for a portfolio", "null for all", "no limit", "too many"],
)
async def test_a_change_that_makes_no_policy_is_refused_by_field(change: Any, field: str) -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        await put(client, IN_FORCE)
        before = gateway.policies.found
        problem = check_problem(await tighten(client, change), 422, "VALIDATION_FAILED")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert gateway.policies.found == before


async def test_the_version_is_held_against_the_one_in_force() -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        await put(client, IN_FORCE)
        change = {"hard": {"max_notional_usd": "800"}}
        check_problem(await tighten(client, change, "?version=7"), 412, "POLICY_CHANGED")
        gateway.policies.error = TransientError("secret")
        check_problem(await tighten(client, change), 503, "LIMITS_UNAVAILABLE")


async def test_a_key_tightens_limits_of_its_own_portfolios() -> None:
    """Given a key of a portfolio, then it sets limits for that one alone; and a key of a strategy
    sets none, because others trade for the portfolio, too."""
    everything, fund = owned_key(), owned_key(accounts=Accounts(("*",), ("fund", "fund-*")))
    strategy = owned_key(accounts=Accounts(("alpha",), ("fund",)))
    async with keyed_gateway(everything, fund, strategy) as keyed, keyed.gateway.client() as client:
        await client.put("/risk/limits", json=IN_FORCE, auth=Signing(everything))
        for owned, change in (
            (fund, {"hard": {"max_notional_usd": "1"}}),
            (fund, {"hard": {}}),
            (fund, {"defaults": {"max_notional_usd": "1"}}),
            (fund, {"instruments": INSTRUMENT_SAID}),
            (fund, {"portfolios": {"fund": {}, "other": {"max_open_intents": 1}}}),
            (strategy, {"portfolios": {"fund": {"max_open_intents": 1}}}),
        ):
            refused = await tighten(client, change, auth=Signing(owned))
            check_problem(refused, 403, "ACCOUNT_NOT_COVERED")
        own = {"portfolios": {"fund": {"max_open_intents": 1}, "fund-2": {"max_open_intents": 2}}}
        answer = await tighten(client, own, auth=Signing(fund))
        assert answer.status_code == 200, answer.text
    assert list(answer.json()["limits"]["portfolios"]) == ["fund", "fund-2"]
    application = keyed.gateway.policies.found.application
    assert application is not None
    assert (application.version, application.applied_by) == (2, fund.key.key_id)
    assert keyed.gateway.policies.found.document.portfolios["other"].max_open_intents is None


async def test_what_a_policy_would_change_is_shown_and_not_done() -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        await put(client, IN_FORCE)
        same = (await client.post("/risk/limits:compare", json=IN_FORCE)).json()
        other = {"hard": {"max_notional_usd": "9000"}, "defaults": {"max_notional_usd": "20000"}}
        answer = await client.post("/risk/limits:compare", json=other)
        invalid = await client.post("/risk/limits:compare", json={"soft": {}})
        assert (await client.get("/risk/limits")).json()["version"] == 1
    assert (same["is_in_force"], same["changes"], same["loosened"]) == (True, [], [])
    compared = answer.json()
    assert (compared["version"], compared["is_in_force"]) == (1, False)
    assert {"scope": "defaults", "name": "max_slippage_bps", "before": "100", "after": None} in (
        compared["loosened"]
    )
    assert compared["capped"] == [
        {"scope": "defaults", "name": "max_notional_usd", "value": "20000", "hard": "9000"}
    ]
    check_problem(invalid, 422, "VALIDATION_FAILED")


async def test_policies_are_listed_newest_first() -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        for amount in ("900", "800", "700"):
            await put(client, {"hard": {"max_notional_usd": amount}})
        seen, cursor = [], ""
        for _ in range(5):
            page = (await client.get(f"/risk/limits/history?limit=2{cursor}")).json()
            seen += [(one["version"], one["applied_by"]) for one in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        check_problem(await client.get("/risk/limits/history?cursor=1"), 400, "INVALID_PARAMETER")
    assert seen == [(3, "local"), (2, "local"), (1, "local")]


async def test_the_refusal_of_looser_limits_is_what_it_always_was() -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        await put(client, IN_FORCE)
        answer = await tighten(client, {"defaults": {"max_slippage_bps": 101}})
    assert of_response(answer) == RECORDED["limits that let more through"]
