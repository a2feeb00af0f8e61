"""Who sees which trading states, and who may stop what."""

import pytest

from tests.support.keys import Signing, owned_key
from tests.unit.gateway.keyed import keyed_gateway
from tests.unit.gateway.support import GatewayHarness
from tradewind.contracts.system.payloads import TradingStateChanged
from tradewind.errors import TransientError
from tradewind.keys.model import Accounts

HALT = {"state": "halted", "reason": "drill"}
PAIR = "ethereum-WETH-USDC"
WALLET = "wallet:ethereum:0x" + "1f" * 20
COMMON = ("everything", f"instrument:{PAIR}", "venue:simulated", "chain:ethereum", WALLET)
UNTIL = {"until": "2026-11-21T00:00:00Z"}


@pytest.mark.parametrize(
    ("accounts", "own", "others"),
    [
        (
            Accounts(("alpha",)),
            ("strategy:alpha", "account:alpha"),
            ("strategy:beta", "portfolio:alpha", "account:beta", "lock:alpha:" + PAIR, *COMMON),
        ),
        (
            Accounts(("*",), ("fund-*",)),
            ("portfolio:fund-1", "account:fund-1", f"lock:fund-2:{PAIR}"),
            ("portfolio:other", "strategy:fund-1", f"lock:other:{PAIR}", f"lock:{PAIR}", *COMMON),
        ),
        (
            Accounts(("alpha",), ("alpha",)),
            ("account:alpha",),
            ("strategy:alpha", "portfolio:alpha", *COMMON),
        ),
        (Accounts(("?",), ("?",)), ("account:a",), ("strategy:a", "portfolio:a", *COMMON)),
        (Accounts(), ("strategy:alpha", "portfolio:fund", f"lock:{PAIR}", *COMMON), ()),
    ],
)
async def test_a_key_stops_what_it_is_about_and_nothing_else(
    accounts: Accounts, own: tuple[str, ...], others: tuple[str, ...]
) -> None:
    owned = owned_key(accounts=accounts)
    async with keyed_gateway(owned) as keyed, keyed.gateway.client() as client:
        for scope in (*own, *others):
            body = HALT | (UNTIL if scope.startswith("lock:") else {})
            path = f"/risk/states/{scope}/tighten"
            answer = await client.post(path, json=body, auth=Signing(owned))
            expected = 200 if scope in own else 403
            assert answer.status_code == expected, (scope, answer.text)
            if scope in others:
                assert answer.json()["code"] == "ACCOUNT_NOT_COVERED"
        assert {str(scope) for scope in keyed.gateway.states.kept} == set(own)


async def test_a_key_sees_the_states_that_concern_its_accounts() -> None:
    one, other = owned_key(), owned_key(accounts=Accounts(("alpha",), ("fund",)))
    seen = {*COMMON, "strategy:alpha", "portfolio:fund", f"lock:fund:{PAIR}", f"lock:{PAIR}"}
    hidden = {"strategy:beta", "portfolio:other", "account:fund", f"lock:other:{PAIR}"}
    async with keyed_gateway(one, other) as keyed, keyed.gateway.client() as client:
        for scope in seen | hidden:
            body = HALT | (UNTIL if scope.startswith("lock:") else {})
            answer = await client.put(f"/risk/states/{scope}", json=body, auth=Signing(one))
            assert answer.status_code == 200, answer.text
        listed = (await client.get("/risk/states", auth=Signing(other))).json()["states"]
    assert {state["scope"] for state in listed} == seen


async def test_the_event_of_a_change_is_published_once_and_need_not_be() -> None:
    """Given a broker that refuses, then the change counts all the same."""
    gateway = GatewayHarness()
    async with gateway.client() as client:
        for _ in range(2):
            assert (await client.put("/risk/states/everything", json=HALT)).status_code == 200
        (event,) = gateway.publisher.published
        assert isinstance(event.payload, TradingStateChanged)
        gateway.publisher.failures = [TransientError("away")]
        resumed = {"state": "active", "reason": "over"}
        answer = await client.put("/risk/states/everything", json=resumed)
        assert (answer.status_code, answer.json()["version"]) == (200, 2)
        assert len(gateway.publisher.published) == 1


async def test_what_was_in_force_is_listed_on_demand() -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        await client.put("/risk/states/portfolio:fund", json=HALT)
        await client.put("/risk/states/portfolio:fund", json=HALT | {"state": "active"})
        assert (await client.get("/risk/states")).json() == {"states": []}
        (past,) = (await client.get("/risk/states?past=true")).json()["states"]
        assert (past["state"], past["is_in_force"], past["version"]) == ("active", False, 2)
        assert (await client.get("/risk/states?past=yes")).status_code == 400
