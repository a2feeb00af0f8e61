"""Every kind of answer is held to the letter: clients rely on status, headers and body."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from starlette.types import Message

from gateway.http.caller import Accounts, Caller, KeyScope
from gateway.http.problems import ProblemCode
from tests.unit.gateway.asgi import raw_answer
from tests.unit.gateway.asking import Ask, after, get, one_after_the_other, post, post_to, request
from tests.unit.gateway.memory_ports import FakeDependency
from tests.unit.gateway.memory_records import dead_letter
from tests.unit.gateway.memory_signals import SIGNAL
from tests.unit.gateway.memory_time_machine import INCARNATION
from tests.unit.gateway.memory_whatifs import WHATIF
from tests.unit.gateway.recorded_answers import RECORDED, REQUEST_ID, comparable, of_response
from tests.unit.gateway.support import BODY, JSON, NOW, GatewayHarness, body_with
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.errors import TransientError
from tradewind.ledger.transfer.exporter import HistoryTooLarge
from tradewind.ledger.upkeep.ingress import IngressTooLate, IngressUnavailable, IngressUnknown
from tradewind.readmodels.models.intent import INTENT
from tradewind.readmodels.reader import Rebuilding

UNKNOWN_ID = "01J5S3Y4PEJHBJ5A7FYHBXQRFG"
HTML = {"Accept": "text/html"}


async def look_up(gateway: GatewayHarness, client: httpx2.AsyncClient) -> httpx2.Response:
    """Ask for the intent that was submitted last."""
    [submission] = gateway.recent._submissions.values()
    return await client.get(f"/intents/{submission.intent_id}")


async def look_up_history(gateway: GatewayHarness, client: httpx2.AsyncClient) -> httpx2.Response:
    """Ask for the history of the intent that was submitted last."""
    [submission] = gateway.recent._submissions.values()
    return await client.get(f"/intents/{submission.intent_id}/events")


def stores_fail(error: Exception) -> Callable[[GatewayHarness], None]:
    def prepare(gateway: GatewayHarness) -> None:
        gateway.read_models.error = error

    return prepare


def journal_fails(error: Exception) -> Callable[[GatewayHarness], None]:
    def prepare(gateway: GatewayHarness) -> None:
        gateway.journal.error = error

    return prepare


async def cancel(gateway: GatewayHarness, client: httpx2.AsyncClient) -> httpx2.Response:
    """Ask for the intent that was submitted last to be cancelled."""
    [submission] = gateway.recent._submissions.values()
    return await client.post(f"/intents/{submission.intent_id}/cancel")


async def cancel_when_over(gateway: GatewayHarness, client: httpx2.AsyncClient) -> httpx2.Response:
    [submission] = gateway.recent._submissions.values()
    document = submission.as_document().model_copy(update={"state": IntentState.COMPLETED})
    gateway.read_models.documents[INTENT.key(submission.intent_id)] = document
    return await cancel(gateway, client)


def cancelling_fails(gateway: GatewayHarness) -> None:
    gateway.cancel_journal.error = TransientError("secret")


def preview(body: Any) -> Ask:
    """Ask what would become of an intent, which nobody answers here."""

    async def ask(_: GatewayHarness, client: httpx2.AsyncClient) -> httpx2.Response:
        return await client.post("/intents:preview", json=body)

    return ask


def broker_refuses(gateway: GatewayHarness) -> None:
    gateway.publisher.failures = [TransientError("no")] * 50


def journal_is_lost_after_it_kept(gateway: GatewayHarness) -> None:
    gateway.journal.error, gateway.journal.keeps = LOST, True


def overloaded(gateway: GatewayHarness) -> None:
    gateway.admission._sampled_at, gateway.admission._wait_seconds = 0.0, 330.5


def letter_is_open(gateway: GatewayHarness) -> None:
    gateway.ledger.letters = [dead_letter(7)]


def letter_is_resolved(gateway: GatewayHarness) -> None:
    gateway.ledger.letters = [dead_letter(7, "resolved")]


def history_is_large(gateway: GatewayHarness) -> None:
    gateway.ledger.error = HistoryTooLarge("secret")


def one_is_down(gateway: GatewayHarness) -> None:
    gateway.dependencies.append(FakeDependency("postgres", TransientError("secret")))


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b" " * 65_536


async def post_endless(_: GatewayHarness, client: httpx2.AsyncClient) -> httpx2.Response:
    return await client.post("/intents", content=endless(), headers=JSON)


KEY = {"Idempotency-Key": "order-1"}
LOST = IngressUnknown("lost")
ASKED: dict[str, Ask] = {
    "an intent is accepted": post(),
    "an intent is accepted again": one_after_the_other(post(BODY, **KEY), post(BODY, **KEY)),
    "a key is used for another body": one_after_the_other(
        post(BODY, **KEY), post(body_with("amount", "2.0"), **KEY)
    ),
    "a key is no key": post(BODY, **{"Idempotency-Key": "x" * 129}),
    "a key is wrong and the body is no JSON": post(
        BODY, **{"Idempotency-Key": "x" * 129, "Content-Type": "text/plain"}
    ),
    "the query of a submission is wrong": request("POST", "/intents?force=1"),
    "a submission that accepts no JSON": post(BODY, **HTML),
    "a submission that accepts no JSON and has no body": request("POST", "/intents", **HTML),
    "a submission without a body": request("POST", "/intents"),
    "the body is no JSON": post(b"{"),
    "the body says a key twice": post(b'{"amount": "1", "amount": NaN}'),
    "the body is too large": post(b" " * 65_537),
    "the body has no end": post_endless,
    "the body is of another type": post(BODY, **{"Content-Type": "text/plain"}),
    "the body is compressed": post(BODY, **{"Content-Encoding": "gzip"}),
    "the intent has wrong fields": post(body_with("constraints.time_window", 0)),
    "the intent has an unknown token": post(body_with("assets.0.address", "0x" + "1" * 40)),
    "the intent is of another site": post(BODY, Origin="https://evil.example"),
    "the journal is away": after(journal_fails(IngressUnavailable("away")), post()),
    "the journal was lost": after(journal_fails(LOST), post()),
    "the journal was lost and the intent is asked for": one_after_the_other(
        after(journal_fails(LOST), post()), look_up
    ),
    "the journal was lost and the history is asked for": one_after_the_other(
        after(journal_fails(LOST), post()), look_up_history
    ),
    "the broker refuses": after(broker_refuses, post()),
    "the journal was lost and a key came with it": after(journal_fails(LOST), post(BODY, **KEY)),
    "the journal was lost after it kept the intent": one_after_the_other(
        after(journal_is_lost_after_it_kept, post()), look_up
    ),
    "the intent expired before it was kept": after(
        journal_fails(IngressTooLate("it has expired")), post()
    ),
    "what waits takes too long": after(overloaded, post()),
    "a submitted intent is shown": one_after_the_other(post(), look_up),
    "the history of a submitted intent is shown": one_after_the_other(post(), look_up_history),
    "an unknown intent": get(f"/intents/{UNKNOWN_ID}"),
    "an unknown intent that accepts no JSON": get(f"/intents/{UNKNOWN_ID}", **HTML),
    "the history of an unknown intent": get(f"/intents/{UNKNOWN_ID}/events"),
    "an intent id that is none": get("/intents/x"),
    "an intent id that is none and accepts no JSON": get("/intents/x", **HTML),
    "a page of intents": get("/intents"),
    "a page that accepts no JSON": get("/intents", **HTML),
    "a page of no state": get("/intents?state=done"),
    "a page of too many": get("/intents?limit=201"),
    "a page after no cursor": get("/intents?cursor=1"),
    "a page of no strategy": get("/intents?strategy_id=a.b"),
    "a page with an unknown parameter": get("/intents?page=2"),
    "an intent is to be cancelled": one_after_the_other(post(), cancel),
    "an intent is to be cancelled again": one_after_the_other(post(), cancel, cancel),
    "an intent is to be cancelled that is over": one_after_the_other(post(), cancel_when_over),
    "an unknown intent is to be cancelled": request("POST", f"/intents/{UNKNOWN_ID}/cancel"),
    "the journal is away for a cancellation": one_after_the_other(
        post(), after(cancelling_fails, cancel)
    ),
    "an intent nobody can preview": preview(BODY),
    "an intent with wrong fields is previewed": preview(body_with("constraints.time_window", 0)),
    "an unknown plan": get(f"/plans/{UNKNOWN_ID}"),
    "unknown positions": get("/positions/demo"),
    "an unknown instrument": get("/instruments/ethereum-WETH-NOPE"),
    "an unknown portfolio": get("/portfolios/nobody"),
    "the stores are away": after(stores_fail(TransientError("secret")), get("/intents")),
    "the cache is being rebuilt": after(stores_fail(Rebuilding("secret")), get("/intents")),
    "a defect": after(stores_fail(RuntimeError("secret")), get("/intents")),
    "a defect that accepts no JSON": after(
        stores_fail(RuntimeError("secret")), get("/intents", **HTML)
    ),
    "a host that is not served": get("/intents", Host="evil.example"),
    "a host that is none": get("/intents", Host="user@127.0.0.1"),
    "a history nobody knows": get("/correlations/intent-1"),
    "a history that is too large for a file": after(
        history_is_large, get("/correlations/intent-1/history")
    ),
    "a dead letter nobody knows": get("/dead-letters/planner-workers-7"),
    "a dead letter that is resolved already": after(
        letter_is_resolved, request("POST", "/dead-letters/planner-workers-7/retry")
    ),
    "a dead letter is to be sent again": after(
        letter_is_open, request("POST", "/dead-letters/planner-workers-7/retry")
    ),
    "a signal is accepted": post_to("/signals", SIGNAL),
    "a signal is accepted again": one_after_the_other(
        post_to("/signals", SIGNAL), post_to("/api/v1/signals", SIGNAL)
    ),
    "the journal is away for a signal": after(
        journal_fails(IngressUnavailable("away")), post_to("/signals", SIGNAL)
    ),
    "an unknown hook": post_to("/hooks/tradingview/secret", SIGNAL),
    "an unknown signal": get(f"/signals/{UNKNOWN_ID}"),
    "an unknown decision": get(f"/decisions/{UNKNOWN_ID}"),
    "wallets": get("/wallets"),
    "reconciliations": get("/wallets/reconcile/history"),
    "a wallet nobody knows": get(f"/wallets/1-0x{'1' * 40}"),
    "a message that is not in quarantine": get("/quarantine/7"),
    "no such path": get("/nothing"),
    "no such method": request("DELETE", "/intents"),
    "no such method of a stream": request("POST", "/stream"),
    "a stream without a handshake": get("/stream"),
    "health": get("/health"),
    "health that accepts no JSON": get("/health", **HTML),
    "how everything stood": get("/as-of/42"),
    "how everything stood, to be kept": get(f"/as-of/42?incarnation={INCARNATION}"),
    "how everything stood after the last event": get("/as-of/101"),
    "how everything stood long ago": get("/as-of/9"),
    "how everything stood in a history that is no more": get("/as-of/42?incarnation=another"),
    "how everything stood at no time": get("/as-of/2026-13-01T00:00:00Z"),
    "what other limits would have made": post_to("/whatif", WHATIF),
    "a what-if that names no limit": post_to("/whatif", WHATIF | {"limits": {}}),
    "a what-if of days in reverse": post_to("/whatif", WHATIF | {"to": WHATIF["from"]}),
    "a second what-if at once": after(
        lambda gateway: gateway.whatifs.fail("WHATIF_RUNS"), post_to("/whatif", WHATIF)
    ),
    "a what-if that takes too long": after(
        lambda gateway: gateway.whatifs.fail("WHATIF_UNAVAILABLE"), post_to("/whatif", WHATIF)
    ),
    "ready": get("/ready"),
    "not ready": after(one_is_down, get("/ready")),
    "not ready that accepts no JSON": after(one_is_down, get("/ready", **HTML)),
}


def counted() -> Callable[[int], bytes]:
    """Return a source of entropy that counts, so that ids are the same in every run."""
    numbers: Iterator[int] = iter(range(1, 1_000))
    return lambda size: next(numbers).to_bytes(size)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.routes.intents.clock.now", lambda: NOW)


@pytest.mark.parametrize("name", ASKED)
async def test_an_answer_is_what_it_always_was(name: str) -> None:
    gateway = GatewayHarness(entropy=counted())
    async with gateway.client() as client:
        client.headers.update(REQUEST_ID)
        answer = await ASKED[name](gateway, client)
    assert of_response(answer) == RECORDED[name]


async def test_after_it_expired_an_open_intent_was_never_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late: datetime = NOW + timedelta(days=1)
    monkeypatch.setattr("gateway.routes.intents.clock.now", lambda: late)
    gateway = GatewayHarness(entropy=counted())
    async with gateway.client() as client:
        client.headers.update(REQUEST_ID)
        answer = await one_after_the_other(after(journal_fails(LOST), post()), look_up)(
            gateway, client
        )
    recorded = RECORDED["an open intent has expired"]
    assert of_response(answer) == recorded


async def test_a_client_that_leaves_within_its_body_is_answered_all_the_same() -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]
    app = GatewayHarness().app
    answer = await raw_answer(app, "http", "/intents", messages, JSON | REQUEST_ID)
    assert comparable(*answer) == RECORDED["the client left"]


async def test_a_body_that_does_not_arrive_in_time_is_a_408(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.http.bodies._collect", _never)
    gateway = GatewayHarness()
    async with gateway.client() as client:
        client.headers.update(REQUEST_ID)
        answer = await post()(gateway, client)
    assert of_response(answer) == RECORDED["no body"]


async def _never(_: object) -> bytes:
    raise TimeoutError


@pytest.mark.parametrize(
    ("name", "path", "headers"),
    [
        ("too many streams", "/stream", {}),
        ("no such stream", "/streams", {}),
        ("a stream of another site", "/stream", {"Origin": "https://evil.example"}),
    ],
)
async def test_a_handshake_is_refused_with_a_problem(
    name: str, path: str, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.stream.hub.MAX_CLIENTS", 0)
    app = GatewayHarness().app
    connect: Message = {"type": "websocket.connect"}
    answer = await raw_answer(app, "websocket", path, [connect], REQUEST_ID | headers)
    assert comparable(*answer) == RECORDED[name]


async def test_an_address_with_too_many_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = GatewayHarness()
    monkeypatch.setattr(gateway.services.stream.admission, "_per_address", -1)
    connect: Message = {"type": "websocket.connect"}
    answer = await raw_answer(gateway.app, "websocket", "/stream", [connect], REQUEST_ID)
    assert comparable(*answer) == RECORDED["too many streams of an address"]


async def test_a_key_without_the_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Caller("reader", frozenset({KeyScope.READ}), Accounts())
    monkeypatch.setattr("gateway.http.middleware.caller.LOCAL_CALLER", reader)
    gateway = GatewayHarness()
    async with gateway.client() as client:
        client.headers.update(REQUEST_ID)
        answer = await post()(gateway, client)
    assert of_response(answer) == RECORDED["a key without the scope"]


async def test_too_many_requests() -> None:
    gateway = GatewayHarness(limit_intents_per_minute=1, limit_key_requests_per_minute=3)
    async with gateway.client() as client:
        client.headers.update(REQUEST_ID)
        assert (await post()(gateway, client)).status_code == 201
        answer = await post()(gateway, client)
    assert of_response(answer) == RECORDED["too many requests"]


def test_every_problem_is_among_the_answers() -> None:
    codes = {answer["body"].get("code") for answer in RECORDED.values()}
    assert {code.name for code in ProblemCode} <= codes
