"""Signals and decisions are listed by every filter, and shown with all that was made of them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from tests.support.factories import NOW
from tests.support.keys import Signing, owned_key
from tests.support.signal_histories import (
    SHA256,
    evaluated,
    made,
    observed_signal,
    received,
    rejected_signal,
)
from tests.unit.gateway.keyed import keyed_gateway
from tests.unit.gateway.memory_signals import SIGNAL
from tests.unit.gateway.support import GatewayHarness, check_problem
from tradewind.contracts.decisions.model import DecisionStatus, ModelRole
from tradewind.contracts.decisions.payloads import Arithmetic, PromptReference
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.risk.approvals import ApprovalVerdict
from tradewind.errors import TransientError
from tradewind.keys.model import Accounts, KeyKind, KeyScope
from tradewind.readmodels.models.signal_history import SIGNAL_HISTORY
from tradewind.readmodels.registry import READ_MODELS
from tradewind.trading.evaluations.telemetry import ModelCall, RawAnswer
from tradewind.trading.prompts.library import load_prompt
from tradewind.trading.prompts.rendering import render
from tradewind.trading.signal_approvals.records import SignalWait
from tradewind.trading.signal_outcomes.shown import ShownMark

LATER = NOW + timedelta(seconds=10)
FIRST, SECOND = observed_signal(1), rejected_signal(2, at=LATER)
CLOSING = {"event_type": "CLOSE_SIGNAL", "signal_direction": "close_long", "source": "other"}
THIRD = observed_signal(3, at=LATER, **CLOSING)
IDS = [history[0].payload.signal_id for history in (FIRST, SECOND, THIRD)]


def recorded(gateway: GatewayHarness, *histories: list[AnyEvent]) -> GatewayHarness:
    for history in histories or (FIRST, SECOND, THIRD):
        gateway.history.events += history
        for document in SIGNAL_HISTORY.fold(history, "1").documents:
            gateway.read_models.documents[READ_MODELS.key_of(document)] = document
    return gateway


async def get(gateway: GatewayHarness, target: str) -> httpx2.Response:
    async with gateway.client() as client:
        return await client.get(target)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [2, 1, 0]),
        ("?symbol=ETH&source=trend", [1, 0]),
        ("?status=rejected", [1]),
        ("?event_type=OPEN_SIGNAL", [1, 0]),
        ("?event_type=CLOSE_SIGNAL&status=rejected", []),
        (f"?since={LATER.isoformat().replace('+00:00', 'Z')}", [2, 1]),
        (f"?until={LATER.isoformat().replace('+00:00', 'Z')}", [0]),
        ("?limit=2", [2, 1]),
        (f"?cursor={IDS[2]}&limit=1", [1]),
    ],
)
async def test_signals_are_listed_by_every_filter(query: str, expected: list[int]) -> None:
    page = (await get(recorded(GatewayHarness()), f"/signals{query}")).json()
    assert [one["signal_id"] for one in page["items"]] == [IDS[place] for place in expected]
    is_cut = "limit" in query
    assert page["next_cursor"] == (IDS[expected[-1]] if is_cut else None)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 4),
        ("?model=gpt-5.4-mini", 2),
        ("?status=ok", 2),
        ("?decision=HOLD", 1),
        ("?min_confidence=72", 2),
        ("?min_confidence=73", 0),
        ("?event_type=CLOSE_SIGNAL&symbol=ETH", 2),
    ],
)
async def test_decisions_are_listed_by_every_filter(query: str, count: int) -> None:
    for path in ("/decisions", "/api/v1/decisions"):
        page = (await get(recorded(GatewayHarness()), f"{path}{query}")).json()
        assert len(page["items"]) == count


@pytest.mark.parametrize("query", ["status=done", "min_confidence=101", "since=x", "cursor=1"])
async def test_a_filter_that_is_none_is_named(query: str) -> None:
    problem = check_problem(
        await get(GatewayHarness(), f"/decisions?{query}"), 400, "INVALID_PARAMETER"
    )
    assert [error["field"] for error in problem["errors"]] == [query.partition("=")[0]]


async def test_a_signal_is_shown_with_all_that_was_made_of_it() -> None:
    gateway = recorded(GatewayHarness())
    whole = (await get(gateway, f"/signals/{IDS[0]}")).json()
    assert whole["signal"]["state"] == "concluded"
    assert whole["enriched"]["features"]["quality"]["missing"] == ["funding_hourly"]
    assert [one["model"] for one in whole["decisions"]] == ["baseline", "gpt-5.4-mini"]
    stages = [(one["stage"], one["topic"], one["since_received_ms"]) for one in whole["timeline"]]
    assert stages == [
        ("received", "signal.received", 0),
        ("enriched", "signal.enriched", 250),
        ("enriched", "decision.made", 500),
        ("enriched", "decision.made", 500),
        ("evaluated", "signal.evaluated", 750),
        ("concluded", "decision.concluded", 1000),
    ]
    assert [one["duration_ms"] for one in whole["timeline"]] == [0, 250, 250, 0, 250, 250]
    timeline = (await get(gateway, f"/signals/{IDS[0]}/timeline")).json()
    assert timeline == {"signal_id": IDS[0], "items": whole["timeline"]}
    status = (await get(gateway, f"/api/v1/events/{IDS[0]}/status")).json()
    assert (status["current_stage"], status["is_final"], status["duration_ms"]) == (
        *("concluded", True),
        1_000,
    )


async def test_a_concluded_signal_is_shown_with_what_the_price_became() -> None:
    gateway = recorded(GatewayHarness())
    mark = ShownMark(
        horizon_seconds=3_600,
        due_at=LATER,
        decided_mid=Decimal(2_000),
        costs=Decimal("0.001"),
        marked_mid=Decimal(2_020),
        signed_return=Decimal("0.01"),
        followed_paid=True,
        is_missed=False,
    )
    gateway.telemetry.shown_marks = {IDS[0]: [mark], IDS[1]: [mark]}
    shown = [(await get(gateway, f"/signals/{one}")).json() for one in IDS[:2]]
    assert [one["marks"] for one in shown] == [[mark.model_dump(mode="json")], []]


async def test_a_signal_is_there_as_soon_as_it_is_taken() -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        taken = (await client.post("/signals", json=SIGNAL)).json()
        shown = (await client.get(f"/signals/{taken['signal_id']}")).json()
        status = (await client.get(f"/signals/{taken['signal_id']}/status")).json()
    assert (shown["signal"]["state"], shown["decisions"]) == ("received", [])
    assert (status["current_stage"], status["is_final"]) == ("received", False)


@pytest.mark.parametrize(
    ("scopes", "is_told"), [((KeyScope.READ,), False), (tuple(KeyScope), True)]
)
async def test_what_a_model_said_is_for_administrators(
    scopes: tuple[KeyScope, ...], is_told: bool
) -> None:
    owned, decision = owned_key(KeyKind.ED25519, *scopes), FIRST[2]
    async with keyed_gateway(owned) as keyed, keyed.gateway.client() as client:
        recorded(keyed.gateway)
        raw = RawAnswer(text='{"decision": "FOLLOW_ENTER"}', sha256=SHA256, size_bytes=28)
        keyed.gateway.telemetry.raw[IDS[0], "baseline"] = raw
        answer = await client.get(f"/decisions/{decision.event_id}", auth=Signing(owned))
    told = answer.json()
    assert told["decision"]["decision_id"] == decision.event_id
    assert ("raw_answer" in told) is is_told


@pytest.mark.parametrize("is_of_this_release", [True, False])
async def test_what_a_model_was_asked_is_for_administrators(is_of_this_release: bool) -> None:
    admin, reader = owned_key(KeyKind.ED25519, *KeyScope), owned_key(KeyKind.ED25519, KeyScope.READ)
    prompt = load_prompt("v1", "openai")
    sha256 = prompt.sha256.hex() if is_of_this_release else SHA256
    asked = PromptReference(version=prompt.version, sha256=sha256)
    made = FIRST[3].payload.model_copy(update={"prompt": asked})
    decision = FIRST[3].model_copy(update={"payload": made})
    async with keyed_gateway(admin, reader) as keyed, keyed.gateway.client() as client:
        recorded(keyed.gateway, [*FIRST[:3], decision, *FIRST[4:]])
        path = f"/decisions/{decision.event_id}"
        told = (await client.get(path, auth=Signing(admin))).json()["rendered_prompt"]
        assert "rendered_prompt" not in (await client.get(path, auth=Signing(reader))).json()
        baseline = await client.get(f"/decisions/{FIRST[2].event_id}", auth=Signing(admin))
    assert "rendered_prompt" not in baseline.json()
    enriched = FIRST[1].payload
    assert told == {
        "core_text": prompt.core_text,
        "wrapper_text": prompt.wrapper_text,
        "data": render(enriched.terms, enriched.features),
        "is_as_asked": is_of_this_release,
    }


async def test_calls_are_paged_by_time() -> None:
    gateway = GatewayHarness()
    gateway.telemetry.made = [
        ModelCall(
            signal_id=IDS[0],
            model=f"model-{number % 2}",
            attempt=1,
            role=ModelRole.VOTING,
            vendor="openai",
            prompt_version="core@1",
            status=DecisionStatus.OK,
            claimed_at=NOW + timedelta(milliseconds=number // 2),
        )
        for number in range(5)
    ]
    seen: list[Any] = []
    target = "/agents/llm/telemetry?limit=2"
    while True:
        page = (await get(gateway, target)).json()
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        target = f"/agents/llm/telemetry?limit=2&cursor={page['next_cursor']}"
    names = [(one["claimed_at"], one["model"]) for one in seen]
    assert len(names) == len(set(names)) == 5
    assert names == sorted(names, reverse=True)
    assert len((await get(gateway, "/agents/llm/telemetry?model=model-1")).json()["items"]) == 2


def wait_of(number: int, portfolio_id: str = "demo", strategy_id: str = "demo") -> SignalWait:
    """Return the wait of a signal that one model would have followed."""
    opening = received(number)
    event = evaluated(opening, opening, [made(opening, "baseline")])[-1]
    numbers = Arithmetic(voting=1, answered=1, needed=1, amount=Decimal("0.5"))
    body, arithmetic = event.to_bytes(), numbers.model_dump_json().encode()
    return SignalWait(
        opening.payload.signal_id, portfolio_id, strategy_id, body, arithmetic, NOW, LATER
    )


async def test_a_key_sees_the_signals_that_wait_in_its_accounts() -> None:
    owned = owned_key(accounts=Accounts(("alpha",)))
    async with keyed_gateway(owned) as keyed, keyed.gateway.client() as client:
        for number, strategy_id in enumerate(("alpha", "beta", "alpha", "alpha"), 1):
            wait = wait_of(number, f"fund-{number}", strategy_id)
            keyed.gateway.signal_approvals.waits[wait.signal_id] = wait

        async def page(query: str) -> Any:
            return (await client.get(f"/signals/waiting{query}", auth=Signing(owned))).json()

        first = await page("?limit=2")
        rest = await page(f"?cursor={first['next_cursor']}")
        one = await page("?portfolio_id=fund-3")
        keyed.gateway.signal_approvals.error = TransientError("secret")
        away = await client.get("/signals/waiting", auth=Signing(owned))
    items = [*first["items"], *rest["items"]]
    assert [one["portfolio_id"] for one in items] == ["fund-4", "fund-3", "fund-1"]
    assert rest["next_cursor"] is None
    assert [item["portfolio_id"] for item in one["items"]] == ["fund-3"]
    assert (items[0]["arithmetic"]["amount"], items[0]["signal"]["symbol"]) == ("0.5", "ETH")
    check_problem(away, 503, "READ_UNAVAILABLE")


@pytest.mark.parametrize(
    ("verb", "verdict"),
    [("approve", ApprovalVerdict.APPROVED), ("decline", ApprovalVerdict.DENIED)],
)
async def test_a_person_answers_for_a_signal_once(verb: str, verdict: ApprovalVerdict) -> None:
    gateway = recorded(GatewayHarness())
    gateway.signal_approvals.waits[IDS[0]] = wait_of(1)
    async with gateway.client() as client:
        waiting = await client.get("/signals/waiting")
        path = f"/signals/{IDS[0]}/{verb}"
        first = await client.post(path, json={"note": "seen"})
        again = await client.post(path, json={"note": "seen"})
        other = "decline" if verb == "approve" else "approve"
        contrary = await client.post(f"/signals/{IDS[0]}/{other}", json={"note": "no"})
        left = await client.get("/signals/waiting")
    assert (first.status_code, first.json()) == (202, again.json())
    assert first.json()["verdict"] == verdict
    assert [one["signal_id"] for one in waiting.json()["items"]] == [IDS[0]]
    assert left.json() == {"items": [], "next_cursor": None}
    check_problem(contrary, 409, "APPROVAL_DECIDED")
    assert [event.topic for event in gateway.publisher.published] == ["signal.approval_answered"]
