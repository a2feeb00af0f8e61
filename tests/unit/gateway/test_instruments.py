"""The registry of instruments as clients see it."""

from typing import Any

import httpx2
import pytest

from tests.support.keys import Signing, owned_key
from tests.unit.gateway.keyed import keyed_gateway
from tests.unit.gateway.memory_instruments import ALIAS, KEY, UNREGISTERED
from tests.unit.gateway.recorded_answers import RECORDED, REQUEST_ID, of_response
from tests.unit.gateway.support import GatewayHarness, check_problem
from tradewind.contracts.instruments.changes import InstrumentChange
from tradewind.contracts.instruments.registry import InstrumentTerms
from tradewind.errors import TransientError
from tradewind.keys.model import Accounts
from tradewind.trading.instruments.store import TooManyInstruments


@pytest.fixture
def gateway() -> GatewayHarness:
    return GatewayHarness()


async def ask(gateway: GatewayHarness, path: str) -> httpx2.Response:
    async with gateway.client() as client:
        return await client.get(path)


async def test_a_key_and_an_alias_lead_to_the_same_instrument(gateway: GatewayHarness) -> None:
    by_key, by_alias = [await ask(gateway, f"/instruments/{one}") for one in (KEY, ALIAS)]
    assert by_key.status_code == 200
    assert by_key.json() == by_alias.json()
    assert by_key.json()["max_notional_usd"] == "5000"
    assert by_key.json()["version"] == 1
    assert by_key.json()["changed_by"] == "sweeper"


async def test_a_pair_that_only_files_declare_has_no_version(gateway: GatewayHarness) -> None:
    answer = (await ask(gateway, f"/instruments/{UNREGISTERED}")).json()
    assert (answer["version"], answer["status"]) == (0, "enabled")
    assert "changed_at" not in answer


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("ethereum-WETH-WETH", 404, "INSTRUMENT_NOT_FOUND"),
        ("nothing", 404, "INSTRUMENT_NOT_FOUND"),
        ("a%20b", 400, "INVALID_PARAMETER"),
        ("x" * 101, 400, "INVALID_PARAMETER"),
    ],
)
async def test_a_name_that_leads_nowhere_says_so(
    gateway: GatewayHarness, name: str, status: int, code: str
) -> None:
    answer = await ask(gateway, f"/instruments/{name}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_what_is_registered_is_listed_page_by_page(gateway: GatewayHarness) -> None:
    seen, path = [], "/instruments?limit=2"
    while path:
        page = (await ask(gateway, path)).json()
        seen += [one["key"] for one in page["items"]]
        cursor = page["next_cursor"]
        path = f"/instruments?limit=2&cursor={cursor}" if cursor else ""
    assert seen == ["ethereum-LINK-WETH", "ethereum-WBTC-USDC", KEY]
    assert (await ask(gateway, "/instruments?cursor=a.b")).status_code == 400


@pytest.mark.parametrize("path", ["/instruments", f"/instruments/{KEY}"])
async def test_an_outage_is_said(gateway: GatewayHarness, path: str) -> None:
    gateway.instruments.error = TransientError("secret")
    answer = await ask(gateway, path)
    assert (answer.status_code, answer.json()["code"]) == (503, "READ_UNAVAILABLE")
    assert "secret" not in answer.text


async def send(
    gateway: GatewayHarness, method: str, path: str, body: Any, **headers: str
) -> httpx2.Response:
    async with gateway.client() as client:
        return await client.request(method, path, json=body, headers=headers)


async def test_a_pair_is_registered_and_found(gateway: GatewayHarness) -> None:
    body = {"base": "DAI", "quote": "WETH", "lot": "0.5", "aliases": ["DAI-ETH"]}
    answer = await send(gateway, "POST", "/instruments", body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/instruments/{UNREGISTERED}"
    registered = answer.json()
    assert (registered["version"], registered["lot"], registered["status"]) == (1, "0.5", "enabled")
    assert registered["changed_by"] == "local"
    assert (await ask(gateway, "/instruments/DAI-ETH")).json() == registered
    again = await send(gateway, "POST", "/instruments", body | {"lot": "0.50"})
    assert (again.status_code, again.json()) == (201, registered)
    other = await send(gateway, "POST", "/instruments", body | {"lot": "0.6"})
    check_problem(other, 409, "INSTRUMENT_EXISTS")


async def test_what_is_said_changes_and_what_is_not_stays(gateway: GatewayHarness) -> None:
    changed = await send(
        gateway, "PATCH", f"/instruments/{ALIAS}", {"status": "reduce_only", "lot": "0.1"}
    )
    assert changed.status_code == 200, changed.text
    document = changed.json()
    assert (document["version"], document["status"]) == (2, "reduce_only")
    assert (document["max_notional_usd"], document["lot"]) == ("5000", "0.1")
    emptied: dict[str, Any] = {"max_notional_usd": None, "aliases": None, "venues": []}
    emptied_document = (await send(gateway, "PATCH", f"/instruments/{KEY}", emptied)).json()
    assert emptied_document.keys() & {"max_notional_usd", "aliases", "venues"} == set()
    assert (emptied_document["status"], emptied_document["lot"]) == ("reduce_only", "0.1")


async def test_asking_for_what_is_so_changes_nothing(gateway: GatewayHarness) -> None:
    """Given a request whose answer was lost, then it may be sent again, with its version too."""
    for _ in range(2):
        answer = await send(
            gateway, "PATCH", f"/instruments/{KEY}?version=1", {"status": "disabled"}
        )
        assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert (await send(gateway, "PATCH", f"/instruments/{KEY}", {})).json()["version"] == 2


async def test_the_later_one_of_two_is_told_who_was_first(gateway: GatewayHarness) -> None:
    first = await send(gateway, "PATCH", f"/instruments/{KEY}?version=1", {"lot": "1"})
    assert first.json()["version"] == 2
    later = await send(gateway, "PATCH", f"/instruments/{KEY}?version=1", {"lot": "2"})
    problem = check_problem(later, 409, "INSTRUMENT_CONFLICT")
    assert "version 2, not 1" in problem["detail"]
    assert "by local" in problem["detail"]
    assert (await ask(gateway, f"/instruments/{KEY}")).json()["lot"] == "1"


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PATCH", KEY, {"lot": "0"}, "lot"),
        ("PATCH", KEY, {"lot": 0.5}, "lot"),
        ("PATCH", KEY, {"lot": "1e3"}, "lot"),
        ("PATCH", KEY, {"min_amount": "2", "max_amount": "1"}, "min_amount"),
        ("PATCH", KEY, {"min_notional_usd": "6000"}, "min_notional_usd"),
        ("PATCH", KEY, {"status": None}, "status"),
        ("PATCH", KEY, {"status": "off"}, "status"),
        ("PATCH", KEY, {"venues": ["nowhere"]}, "venues[0]"),
        ("PATCH", KEY, {"venues": ["simulated", "simulated"]}, "venues"),
        ("PATCH", KEY, {"aliases": [KEY]}, "aliases"),
        ("PATCH", KEY, {"version": 7}, "version"),
        ("PATCH", KEY, {"key": "ethereum-WETH-DAI"}, "key"),
        ("PATCH", KEY, {"base": "DAI"}, "base"),
        ("POST", "", {"base": "WETH", "quote": "NOPE"}, "quote"),
        ("POST", "", {"base": "WETH", "quote": "WETH"}, "quote"),
        ("POST", "", {"base": "WETH", "quote": "DAI", "chain": "other"}, "base"),
        ("POST", "", {"base": "WETH"}, "quote"),
    ],
)
async def test_what_is_wrong_is_named_and_changes_nothing(
    gateway: GatewayHarness, method: str, path: str, body: Any, field: str
) -> None:
    before = dict(gateway.instruments.events)
    answer = await send(gateway, method, f"/instruments/{path}".rstrip("/"), body)
    problem = check_problem(answer, 422, "VALIDATION_FAILED")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert gateway.instruments.events == before


@pytest.mark.parametrize(
    ("name", "query", "status", "code"),
    [
        (UNREGISTERED, "", 404, "INSTRUMENT_NOT_FOUND"),
        ("a%20b", "", 400, "INVALID_PARAMETER"),
        (KEY, "?version=0", 400, "INVALID_PARAMETER"),
        (KEY, "?version=x", 400, "INVALID_PARAMETER"),
        (KEY, "?force=1", 400, "INVALID_PARAMETER"),
    ],
)
async def test_what_cannot_be_changed_says_so(
    gateway: GatewayHarness, name: str, query: str, status: int, code: str
) -> None:
    answer = await send(gateway, "PATCH", f"/instruments/{name}{query}", {"lot": "1"})
    check_problem(answer, status, code)


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PATCH", f"/{KEY}")])
async def test_while_the_database_is_away_a_change_is_not_certain(
    gateway: GatewayHarness, method: str, path: str
) -> None:
    gateway.instruments.error = TransientError("secret")
    body = {"base": "DAI", "quote": "WETH"} if method == "POST" else {"lot": "1"}
    answer = await send(gateway, method, f"/instruments{path}", body, **REQUEST_ID)
    assert of_response(answer)["headers"] == {
        "content-type": "application/problem+json",
        "retry-after": "2",
    }
    problem = check_problem(answer, 503, "INSTRUMENT_UNAVAILABLE")
    assert "secret" not in problem["detail"]


async def test_a_key_for_some_accounts_changes_no_instrument() -> None:
    """Every portfolio trades an instrument, so who may change it is about all of them."""
    owned = [
        owned_key(accounts=Accounts(*patterns)) for patterns in ((("alpha",),), (("*",), ("fund",)))
    ]
    async with keyed_gateway(*owned) as keyed, keyed.gateway.client() as client:
        for one in owned:
            for method, path, body in (
                ("POST", "/instruments", {"base": "DAI", "quote": "WETH"}),
                ("PATCH", f"/instruments/{KEY}", {"status": "disabled"}),
            ):
                answer = await client.request(method, path, json=body, auth=Signing(one))
                check_problem(answer, 403, "ACCOUNT_NOT_COVERED")
        assert {one.sequence for one in keyed.gateway.instruments.events.values()} == {1}


def test_a_change_may_say_all_that_the_registry_says() -> None:
    """A bound that is added to the registry has to be one that can be changed."""
    said = set(InstrumentTerms.model_fields) - {"version"} | {"aliases"}
    assert set(InstrumentChange.model_fields) == said


REFUSALS: dict[str, tuple[str, str, Any, Exception | None]] = {
    "an instrument that is registered otherwise": (
        "POST", "/instruments", {"base": "WETH", "quote": "USDC"}, None,
    ),
    "an instrument of another version": ("PATCH", f"/instruments/{KEY}?version=7", {}, None),
    "an instrument that is not registered": (
        "PATCH", f"/instruments/{UNREGISTERED}", {"lot": "1"}, None,
    ),
    "an instrument too many": (
        "POST", "/instruments", {"base": "DAI", "quote": "WETH"},
        TooManyInstruments("there are 2,000 instruments"),
    ),
    "the instruments are away for a change": (
        "PATCH", f"/instruments/{KEY}", {"lot": "1"}, TransientError("secret"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_is_what_it_always_was(gateway: GatewayHarness, name: str) -> None:
    method, path, body, error = REFUSALS[name]
    gateway.instruments.error = error
    answer = await send(gateway, method, path, body, **REQUEST_ID)
    assert of_response(answer) == RECORDED[name]
