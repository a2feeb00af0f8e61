"""Wallets and reconciliations: shown to keys of all accounts, and asked for by administrators."""

import json

import httpx2
import pytest
from tradewind_client.models import ReconciliationReport
from tradewind_client.wallet_calls import list_reconciliations, list_wallets, reconcile_wallets

from tests.support.keys import Signing, owned_key
from tests.unit.gateway.keyed import keyed_gateway
from tests.unit.gateway.memory_wallets import REPORT_ID, WALLET_ID
from tests.unit.gateway.support import GatewayHarness, check_problem
from tradewind.contracts.wallets.payloads import WalletReconcileRequested
from tradewind.errors import TransientError
from tradewind.keys.model import Accounts, KeyKind, KeyScope

UNKNOWN = f"/wallets/1-{WALLET_ID.partition('-')[2]}"


async def answer(
    gateway: GatewayHarness, path: str, method: str = "GET", body: object = None
) -> httpx2.Response:
    async with gateway.client() as client:
        return await client.request(method, path, json=body)


async def test_wallets_show_books_and_chain_side_by_side() -> None:
    gateway = GatewayHarness()
    page = await answer(gateway, "/wallets")
    (wallet,) = list_wallets().read(page.content).items
    assert (wallet.wallet_id, wallet.state, wallet.currency) == (WALLET_ID, "frozen", "ETH")
    assert wallet.chain_balance - wallet.ledger_balance == wallet.drift < 0
    assert wallet.tradeable_fraction == 0
    one = await answer(gateway, f"/wallets/{WALLET_ID}")
    assert one.json() == page.json()["items"][0]


async def test_transactions_come_in_pages_by_nonce() -> None:
    gateway, seen, cursor = GatewayHarness(), [], ""
    for _ in range(3):
        path = f"/wallets/{WALLET_ID}/transactions?limit=2{cursor}"
        page = (await answer(gateway, path)).json()
        seen += [one["nonce"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [2, 1, 0]


async def test_what_is_no_wallet_is_told() -> None:
    gateway = GatewayHarness()
    check_problem(await answer(gateway, UNKNOWN), 404, "WALLET_NOT_FOUND")
    check_problem(await answer(gateway, f"{UNKNOWN}/transactions"), 404, "WALLET_NOT_FOUND")
    for wrong in ("/wallets/x", f"/wallets/{'1' * 99}-0x"):
        check_problem(await answer(gateway, wrong), 400, "INVALID_PARAMETER")
    for cursor in ("x", "-1", "9" * 19):
        path = f"/wallets/{WALLET_ID}/transactions?cursor={cursor}"
        check_problem(await answer(gateway, path), 400, "INVALID_PARAMETER")
    path = "/wallets/reconcile/history?cursor=1"
    check_problem(await answer(gateway, path), 400, "INVALID_PARAMETER")


async def test_a_reconciliation_answers_with_its_report_or_its_id() -> None:
    gateway = GatewayHarness()
    done = await answer(gateway, "/wallets/reconcile", "POST", {"threshold": "0.5"})
    assert done.status_code == 200
    report = reconcile_wallets("0.5").read(done.content)
    assert isinstance(report, ReconciliationReport)
    assert (str(report.threshold), report.drifts_within_threshold) == ("0.5", 1)
    (event,) = gateway.publisher.published
    assert isinstance(event.payload, WalletReconcileRequested)
    assert event.payload.report_id == report.id
    gateway.wallets.answers = False
    pending = await answer(gateway, "/wallets/reconcile", "POST", {})
    assert pending.status_code == 202
    assert pending.json() == {
        "id": gateway.wallets.asked[-1].payload.report_id,
        "status": "pending",
    }
    assert str(gateway.wallets.asked[-1].payload.threshold) == "0.0001"


async def test_a_request_is_kept_although_the_broker_is_away() -> None:
    gateway = GatewayHarness(failures=[TransientError("away")])
    assert (await answer(gateway, "/wallets/reconcile", "POST", {})).status_code == 200
    assert len(gateway.wallets.asked) == 1
    gateway.wallets.error = TransientError("away")
    for method, path, body in (
        ("POST", "/wallets/reconcile", {}),
        ("GET", "/wallets", None),
        ("GET", "/wallets/reconcile/history", None),
    ):
        check_problem(await answer(gateway, path, method, body), 503, "READ_UNAVAILABLE")


@pytest.mark.parametrize(
    "body", [{"threshold": "-1"}, {"threshold": 1}, {"threshold": "NaN"}, {"treshold": "1"}, []]
)
async def test_a_wrong_threshold_is_named(body: object) -> None:
    gateway = GatewayHarness()
    problem = check_problem(
        await answer(gateway, "/wallets/reconcile", "POST", body), 422, "VALIDATION_FAILED"
    )
    assert problem["errors"]
    assert gateway.wallets.asked == []


async def test_reports_come_newest_first() -> None:
    gateway = GatewayHarness()
    await answer(gateway, "/wallets/reconcile", "POST", {})
    first = await answer(gateway, "/wallets/reconcile/history?limit=1")
    (newest,) = list_reconciliations(None).read(first.content).items
    assert newest.id != REPORT_ID
    cursor = first.json()["next_cursor"]
    rest = await answer(gateway, f"/wallets/reconcile/history?cursor={cursor}")
    assert [one["id"] for one in rest.json()["items"]] == [REPORT_ID]


async def test_a_key_of_some_accounts_knows_of_no_wallet() -> None:
    """Given a key of one strategy, then lists are empty, and what there is is as good as none."""
    owned = owned_key(KeyKind.ED25519, *KeyScope, accounts=Accounts(("alpha",)))
    async with keyed_gateway(owned) as keyed, keyed.gateway.client() as client:
        for path in ("/wallets", "/wallets/reconcile/history"):
            assert (await client.get(path, auth=Signing(owned))).json()["items"] == []
        answers = [
            await client.get(path, auth=Signing(owned))
            for path in (f"/wallets/{WALLET_ID}", UNKNOWN)
        ]
        assert {one.status_code for one in answers} == {404}
        body = json.dumps({}).encode()
        asked = await client.post(
            "/wallets/reconcile",
            content=body,
            headers={"Content-Type": "application/json"},
            auth=Signing(owned),
        )
    check_problem(asked, 403, "ACCOUNT_NOT_COVERED")
    assert keyed.gateway.wallets.asked == []
