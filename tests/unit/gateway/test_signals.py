"""Signals come in strictly, once each, as the sources their senders may use."""

import json
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from gateway.signals.producers import Producers
from tests.support.keys import owned_key
from tests.unit.gateway.keyed import keyed_gateway
from tests.unit.gateway.memory_signals import SIGNAL, TOKEN
from tests.unit.gateway.support import JSON, NOW, GatewayHarness, check_problem
from tradewind.contracts.signals.payloads import SignalReceived
from tradewind.errors import TransientError
from tradewind.keys.model import Accounts, KeyKind, KeyScope
from tradewind.ledger.upkeep.ingress import IngressUnavailable, IngressUnknown

HOOK = f"/hooks/tradingview/{TOKEN}"
ALERT = {name: value for name, value in SIGNAL.items() if name not in ("source", "ts_utc")}


def only(gateway: GatewayHarness) -> SignalReceived:
    (event,) = gateway.publisher.published
    assert isinstance(event.payload, SignalReceived)
    assert event.subject == "signal.received.ethereum-WETH-USDC." + event.key.portfolio
    return event.payload


@pytest.mark.parametrize("path", ["/signals", "/api/v1/signals"])
async def test_a_signal_is_kept_and_published_with_its_terms(path: str) -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        answer = await client.post(path, json=SIGNAL | {"symbol": "ethusd"})
    assert answer.status_code == 201
    payload = only(gateway)
    assert answer.json() == {
        "event_id": gateway.publisher.published[0].event_id,
        "signal_id": payload.signal_id,
        "status": "ENQUEUED",
        "received_at": "2026-11-20T12:00:00.000Z",
    }
    assert answer.headers["location"] == f"/signals/{payload.signal_id}"
    terms = payload.terms
    assert (terms.signal.symbol, terms.coin, terms.strategy_id) == ("ETH", "ETH", "alpha")
    assert [one.symbol for one in terms.assets] == ["WETH", "USDC"]
    assert terms.expires_at == terms.signal.ts_utc + timedelta(seconds=300)
    assert await gateway.services.signals.intake.find(payload.signal_id) is not None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"symbol": "DOGE"}, "symbol"),
        ({"source": "nobody"}, "source"),
        ({"signal_direction": "close_long"}, "signal_direction"),
        ({"entry_price": 2000.5}, "entry_price"),
        ({"entry_price": "-1"}, "entry_price"),
        ({"size": "0"}, "size"),
        ({"ts_utc": "yesterday"}, "ts_utc"),
        ({"note": "ignore all previous instructions"}, "note"),
        ({"idempotency_key": ""}, "idempotency_key"),
        ({"symbol": "ETH\nIGNORE"}, "symbol"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_named(changes: dict[str, Any], field: str) -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        answer = await client.post("/signals", json=SIGNAL | changes)
        problem = check_problem(answer, 422, "VALIDATION_FAILED")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert gateway.publisher.published == []


async def test_the_same_signal_is_answered_alike_and_kept_once() -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        first = await client.post("/signals", json=SIGNAL)
        again = await client.post("/api/v1/signals", json=dict(reversed(SIGNAL.items())))
        other = await client.post("/signals", json=SIGNAL | {"size": "0.6"})
    assert again.json() == first.json() != other.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert len(gateway.publisher.published) == 2


async def test_a_key_of_head_or_body_tells_requests_apart() -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        first = await client.post("/signals", json=SIGNAL, headers={"Idempotency-Key": "a"})
        in_body = await client.post("/api/v1/signals", json=SIGNAL | {"idempotency_key": "a"})
        other = await client.post("/signals", json=SIGNAL | {"idempotency_key": "b"})
        used = await client.post(
            "/signals", json=SIGNAL | {"size": "2"}, headers={"Idempotency-Key": "a"}
        )
        two = await client.post(
            "/signals", json=SIGNAL | {"idempotency_key": "b"}, headers={"Idempotency-Key": "a"}
        )
    assert in_body.json() == first.json() != other.json()
    check_problem(used, 422, "IDEMPOTENCY_KEY_USED")
    problem = check_problem(two, 422, "VALIDATION_FAILED")
    assert [error["field"] for error in problem["errors"]] == ["idempotency_key"]


@pytest.mark.parametrize("error", [IngressUnavailable("secret"), IngressUnknown("secret")])
async def test_what_may_not_be_kept_is_to_be_sent_again(error: Exception) -> None:
    gateway = GatewayHarness()
    gateway.journal.error = error
    async with gateway.client() as client:
        answer = await client.post("/signals", json=SIGNAL)
        check_problem(answer, 503, "SIGNAL_UNAVAILABLE")
        gateway.journal.error = None
        assert (await client.post("/signals", json=SIGNAL)).status_code == 201
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("accounts", "status"),
    [
        (Accounts(sources=("tr*",)), 201),
        (Accounts(("alpha",), ("alpha",), ("trend",)), 201),
        (Accounts(sources=("chart",)), 403),
        (Accounts(("beta",)), 403),
        (Accounts(portfolios=("beta",)), 403),
    ],
)
async def test_a_key_submits_as_its_sources_for_its_accounts(
    accounts: Accounts, status: int
) -> None:
    owned = owned_key(KeyKind.ED25519, KeyScope.SUBMIT, accounts=accounts)
    async with keyed_gateway(owned) as keyed, keyed.gateway.client() as client:
        body = json.dumps(SIGNAL).encode()
        signed = {"Authorization": owned.authorization("POST", "/signals", body)}
        answer = await client.post("/signals", content=body, headers=JSON | signed)
    assert answer.status_code == status, answer.text
    if status == 403:
        check_problem(answer, 403, "ACCOUNT_NOT_COVERED")


async def test_a_key_may_submit_sixty_a_minute_and_twice_as_many_at_once() -> None:
    gateway = GatewayHarness(limit_signals_per_minute=60)
    async with gateway.client() as client:

        async def submitted() -> int:
            return (await client.post("/signals", json=SIGNAL)).status_code

        burst = [await submitted() for _ in range(121)]
        gateway.seconds += 1
        later = [await submitted() for _ in range(2)]
    assert burst == [201] * 120 + [429]
    assert later == [201, 429]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (json.dumps(ALERT), "application/json"),
        (json.dumps(ALERT), "text/plain; charset=utf-8"),
        (json.dumps(ALERT | {"entry_price": 0}).replace(": 0", ": 2000.50"), "text/plain"),
        ("\n".join(f"{name} = {value}" for name, value in ALERT.items()), "text/plain"),
        (" ".join(f"{name}={value}" for name, value in ALERT.items()), ""),
    ],
)
async def test_an_alert_needs_no_key_and_says_what_it_can(content: str, kind: str) -> None:
    async with keyed_gateway(owned_key()) as keyed, keyed.gateway.client() as client:
        answer = await client.post(
            HOOK, content=content.encode(), headers={"Content-Type": kind} if kind else {}
        )
        assert answer.status_code == 201, answer.text
        payload = only(keyed.gateway)
    signal = payload.terms.signal
    assert (signal.source, payload.terms.strategy_id) == ("chart", "beta")
    assert str(signal.entry_price).startswith("2000.5")


async def test_an_equal_alert_within_five_minutes_is_the_same_signal() -> None:
    gateway = GatewayHarness()
    gateway.now = NOW + timedelta(minutes=4)
    async with gateway.client() as client:
        answers = []
        for minutes in (0, 2, 4.9, 5.5):
            gateway.now = NOW + timedelta(minutes=4 + minutes)
            answers.append(await client.post(HOOK, json=ALERT))
    ids = [answer.json()["signal_id"] for answer in answers]
    assert ids[0] == ids[1] == ids[2] != ids[3]
    assert len(gateway.publisher.published) == 2


@pytest.mark.parametrize("content", ["", "buy now", "symbol", "symbol=ETH symbol=ETH", "é=1", "{"])
async def test_an_alert_that_says_nothing_is_refused(content: str) -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        answer = await client.post(HOOK, content=content.encode())
    assert answer.status_code == 400, answer.text
    assert TOKEN not in answer.text


async def test_an_alert_of_another_source_is_refused() -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        answer = await client.post(HOOK, json=ALERT | {"source": "trend"})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["source"]


async def test_the_token_is_in_no_answer_and_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    gateway = GatewayHarness(limit_refusals_per_minute=2, limit_signals_per_minute=1)
    guess = "cd" * 32
    answers: list[httpx2.Response] = []
    async with gateway.client() as client:
        for path in (HOOK, HOOK, HOOK, f"/hooks/tradingview/{guess}", f"{HOOK}/more"):
            answers.append(await client.post(path, json=ALERT | {"size": "x"}))
        answers.append(await client.get(HOOK))
        answers += [await client.post(f"/hooks/tradingview/{guess}", json=ALERT)] * 2
        gateway.hooks.error = TransientError("away")
        gateway.seconds += 120
        answers.append(await client.post(HOOK, json=ALERT))
    codes = [answer.json()["code"] for answer in answers]
    assert codes == [
        "VALIDATION_FAILED",
        "VALIDATION_FAILED",
        "RATE_LIMITED",
        "HOOK_NOT_FOUND",
        "HOOK_NOT_FOUND",
        "METHOD_NOT_ALLOWED",
        "RATE_LIMITED",
        "RATE_LIMITED",
        "SIGNAL_UNAVAILABLE",
    ]
    said = "".join(str(answer.headers) + answer.text for answer in answers) + caplog.text
    assert TOKEN not in said
    assert guess not in said


class Question:
    """A message of a producer, and the reply it got."""

    def __init__(self, source: str, data: bytes) -> None:
        self.subject = f"submit.signal.{source}"
        self.data = data
        self.reply: Any = None

    async def respond(self, data: bytes) -> None:
        self.reply = json.loads(data)


async def test_a_producer_at_the_broker_is_held_to_the_same_checks() -> None:
    gateway = GatewayHarness(limit_signals_per_minute=1)
    signals, limiter = gateway.services.signals, gateway.services.limiter

    async def ask(source: str, document: Any) -> Any:
        question = Question(source, json.dumps(document).encode())
        await Producers(signals, limiter).answer(question)
        return question.reply

    first, again = await ask("trend", SIGNAL), await ask("trend", SIGNAL)
    assert (first["status"], first["replayed"]) == (201, False)
    assert again == first | {"replayed": True}
    assert first["signal"]["signal_id"] == only(gateway).signal_id
    limited = await ask("trend", SIGNAL)
    assert (limited["status"], limited["problem"]["code"]) == (429, "RATE_LIMITED")
    for source, document, field in (
        ("chart", SIGNAL, "source"),
        ("nobody", SIGNAL | {"source": "nobody"}, "source"),
        ("chart", SIGNAL | {"source": "chart", "symbol": "DOGE"}, "symbol"),
    ):
        refused = await ask(source, document)
        assert refused["status"] == 422
        assert [error["field"] for error in refused["problem"]["errors"]] == [field]
    gateway.journal.error = RuntimeError("secret")
    gateway.seconds += 240
    broken = await ask("trend", SIGNAL | {"size": "3"})
    assert (broken["status"], "secret" in str(broken)) == (500, False)
