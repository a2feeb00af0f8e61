"""The registry of instruments as clients see it."""

import httpx2
import pytest

from tests.unit.gateway.memory_instruments import ALIAS, KEY, UNREGISTERED
from tests.unit.gateway.support import GatewayHarness
from tradewind.errors import TransientError


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
