"""Every kind of answer about approvals is held to the letter, and who sees which of them."""

import httpx2
import pytest

from tests.support.keys import Signing, owned_key
from tests.unit.gateway.asking import Ask, after, get, one_after_the_other, post
from tests.unit.gateway.keyed import keyed_gateway
from tests.unit.gateway.memory_approvals import waiting
from tests.unit.gateway.recorded_answers import RECORDED, REQUEST_ID, of_response
from tests.unit.gateway.support import NOW, GatewayHarness
from tests.unit.gateway.test_answers import UNKNOWN_ID, counted
from tradewind.contracts.ids import make_ulid
from tradewind.contracts.risk.approvals import ApprovalVerdict
from tradewind.contracts.risk.payloads import RiskApprovalAnswered
from tradewind.errors import TransientError
from tradewind.keys.model import Accounts
from tradewind.trading.approvals.records import Answering


def answer(verb: str, **body: str) -> Ask:
    """Answer for the intent that was submitted last."""

    async def ask(gateway: GatewayHarness, client: httpx2.AsyncClient) -> httpx2.Response:
        [submission] = gateway.recent._submissions.values()
        return await client.post(f"/intents/{submission.intent_id}/{verb}", json=body)

    return ask


def it_waits(gateway: GatewayHarness) -> None:
    for submission in gateway.recent._submissions.values():
        gateway.approvals.waits[submission.intent_id] = waiting(submission.intent_id, NOW)


def answers_fail(gateway: GatewayHarness) -> None:
    gateway.approvals.error = TransientError("secret")


async def denied_by_another(gateway: GatewayHarness, client: httpx2.AsyncClient) -> httpx2.Response:
    """Have another key deny what waits, then approve it."""
    [submission] = gateway.recent._submissions.values()
    denial = Answering(submission.intent_id, ApprovalVerdict.DENIED, "key-2", "too large")
    await gateway.approvals.answer(denial, "gateway", NOW)
    return await answer("approve")(gateway, client)


async def approve_unknown(_: GatewayHarness, client: httpx2.AsyncClient) -> httpx2.Response:
    return await client.post(f"/intents/{UNKNOWN_ID}/approve", json={})


WAITS = after(it_waits, get("/live/approvals"))
ASKED: dict[str, Ask] = {
    "nothing waits for an approval": get("/live/approvals"),
    "an intent waits for an approval": one_after_the_other(post(), WAITS),
    "a page of approvals after no cursor": get("/live/approvals?cursor=x"),
    "an intent is approved": one_after_the_other(post(), WAITS, answer("approve", note="known")),
    "an intent is approved again": one_after_the_other(
        post(), WAITS, answer("approve"), answer("approve")
    ),
    "an intent is denied": one_after_the_other(post(), WAITS, answer("deny", note="too large")),
    "an intent is denied without a reason": one_after_the_other(post(), WAITS, answer("deny")),
    "an intent is approved that somebody denied": one_after_the_other(
        post(), WAITS, denied_by_another
    ),
    "an intent is approved that does not wait": one_after_the_other(post(), answer("approve")),
    "an unknown intent is approved": approve_unknown,
    "the answers are away": one_after_the_other(post(), after(answers_fail, answer("approve"))),
    "what waits cannot be read": after(answers_fail, get("/live/approvals")),
}


@pytest.mark.parametrize("name", ASKED)
async def test_an_answer_is_what_it_always_was(name: str) -> None:
    gateway = GatewayHarness(entropy=counted())
    async with gateway.client() as client:
        client.headers.update(REQUEST_ID)
        answered = await ASKED[name](gateway, client)
    assert of_response(answered) == RECORDED[name]


async def test_an_answer_is_published_once() -> None:
    gateway = GatewayHarness(entropy=counted())
    async with gateway.client() as client:
        again = one_after_the_other(post(), WAITS, answer("approve"), answer("approve"))
        await again(gateway, client)
    told = [one for one in gateway.publisher.published if one.topic == RiskApprovalAnswered.topic]
    assert [one.payload.verdict for one in told] == [ApprovalVerdict.APPROVED]


async def test_a_key_sees_what_waits_in_its_accounts() -> None:
    owned = owned_key(accounts=Accounts(("alpha",)))
    async with keyed_gateway(owned) as keyed, keyed.gateway.client() as client:
        for number, strategy_id in enumerate(("alpha", "beta", "alpha")):
            intent_id = make_ulid(1, bytes(9) + bytes([number]))
            keyed.gateway.approvals.waits[intent_id] = waiting(intent_id, NOW, strategy_id)
        page = await client.get("/live/approvals?limit=1", auth=Signing(owned))
        rest = await client.get(
            f"/live/approvals?cursor={page.json()['next_cursor']}", auth=Signing(owned)
        )
    items = [*page.json()["items"], *rest.json()["items"]]
    assert [one["strategy_id"] for one in items] == ["alpha", "alpha"]
    assert rest.json()["next_cursor"] is None
