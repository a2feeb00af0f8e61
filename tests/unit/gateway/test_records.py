"""Operators' routes: filters, pages, whose things are shown, and what may be asked for."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.http.caller import Accounts, Caller, KeyScope
from tests.support.histories import History
from tests.unit.gateway.memory_records import RECORDED_AT, dead_letter
from tests.unit.gateway.support import GatewayHarness, check_problem
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.errors import TransientError
from tradewind.ledger.history.graph import CorrelationGraph, Edge, Node
from tradewind.ledger.history.owners import Owner
from tradewind.ledger.upkeep.set_aside import ParkedEvent, QuarantinedMessage
from tradewind.ledger.upkeep.stalled import StalledHistory

ALPHA = History(1, strategy_id="alpha")
BETA = History(2, strategy_id="beta")
SECRET = b'{"correlationId":"intent-1","note":"password=hunter2","url":"nats://bob:hunter2@host"}'
LISTS = ("/events", "/dead-letters", "/quarantine", "/parked", "/stalled")


@pytest.fixture
def gateway() -> GatewayHarness:
    """Return a gateway whose ledger has something of alpha, of beta and of nobody in every list."""
    gateway = GatewayHarness()
    ledger = gateway.ledger
    ledger.events = [*ALPHA.completed(), *BETA.completed()]
    names = (ALPHA.correlation_id, BETA.correlation_id, None)
    ledger.owner_of = {
        one.correlation_id: Owner(one.key.portfolio, one.key.portfolio) for one in (ALPHA, BETA)
    }
    ledger.letters = [
        dead_letter(number, correlation_id=name) for number, name in enumerate(names, 1)
    ]
    ledger.quarantine = [
        QuarantinedMessage(
            number, QuarantineReason.CONFLICT, "d", "s", number, RECORDED_AT, 2, name, b"{}"
        )
        for number, name in zip((3, 2, 1), names, strict=True)
    ]
    for number, name in enumerate(names[:2], 1):
        assert name is not None
        waiting, at = timedelta(seconds=90), RECORDED_AT + timedelta(seconds=number)
        ledger.parked_events.append(ParkedEvent(f"e{number}", name, 4, "s", 1, at, waiting, 2))
        ledger.stalled.append(StalledHistory(name, 3, "plan.created", at, waiting, 8, None))
    return gateway


async def ask(gateway: GatewayHarness, path: str, **options: Any) -> Any:
    async with gateway.client() as client:
        response = await client.request(options.pop("method", "GET"), path, **options)
    assert response.status_code in (200, 202), response.text
    return response.json()


def restrict(monkeypatch: pytest.MonkeyPatch, *scopes: KeyScope) -> None:
    """Give everybody a key of strategy alpha."""
    caller = Caller("key-1", frozenset(scopes or KeyScope), Accounts(strategies=("al*",)))
    monkeypatch.setattr("gateway.http.middleware.caller.LOCAL_CALLER", caller)


@pytest.mark.parametrize("path", LISTS)
async def test_every_list_is_walked_page_by_page(gateway: GatewayHarness, path: str) -> None:
    whole = await ask(gateway, f"{path}?limit=200")
    assert len(whole["items"]) >= 2
    assert whole["next_cursor"] is None
    walked: list[Any] = []
    cursor = ""
    while True:
        page = await ask(gateway, f"{path}?limit=1{cursor}")
        walked += page["items"]
        if page["next_cursor"] is None:
            break
        assert len(page["items"]) == 1
        cursor = f"&cursor={page['next_cursor']}"
    assert walked == whole["items"]


@pytest.mark.parametrize("path", LISTS)
async def test_a_key_sees_its_accounts_only(
    gateway: GatewayHarness, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    restrict(monkeypatch)
    items = (await ask(gateway, f"{path}?limit=200"))["items"]
    shown = {one.get("correlation_id") or one["event"]["correlationId"] for one in items}
    assert shown == {ALPHA.correlation_id}


async def test_what_belongs_to_others_is_as_if_it_was_not_there(
    gateway: GatewayHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, at = BETA.correlation_id, RECORDED_AT
    node = Node("e", "plan.created", name, "c", 1, 1, at, at, "p", "p", None)
    gateway.ledger.graphs[BETA.correlation_id] = CorrelationGraph([node], [], [], False)
    paths = {
        f"/correlations/{BETA.correlation_id}": f"/correlations/{History(9).correlation_id}",
        "/dead-letters/planner-workers-2": "/dead-letters/planner-workers-9",
        "/quarantine/2": "/quarantine/9",
    }
    for path in paths:
        await ask(gateway, path)
    restrict(monkeypatch)
    async with gateway.client() as client:
        for path, unknown in paths.items():
            answers = [
                (await client.get(one)).json() | {"request_id": "", "instance": "", "detail": ""}
                for one in (path, unknown)
            ]
            assert answers[0] == answers[1]
            assert answers[0]["status"] == 404
        for action in ("retry", "resolve"):
            path = f"/dead-letters/planner-workers-2/{action}"
            answer = await client.post(path, json={"reason": "done"})
            check_problem(answer, 404, "DEAD_LETTER_NOT_FOUND")
    assert not gateway.ledger.requested


async def test_a_graph_shows_observations_and_not_what_belongs_to_others(
    gateway: GatewayHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = (ALPHA.correlation_id, BETA.correlation_id, "instrument-" + "0" * 64)
    nodes = [
        Node(f"e{place}", "t.t", name, name, 1, place, RECORDED_AT, RECORDED_AT, "p", "p",
             {"inputs": {"market": "0" * 64}})
        for place, name in enumerate(names, 1)
    ]  # fmt: skip
    edges = [Edge("e1", "e2", "caused"), Edge("e3", "e1", "read")]
    gateway.ledger.graphs[ALPHA.correlation_id] = CorrelationGraph(nodes, edges, [], True)
    path = f"/correlations/{ALPHA.correlation_id}"
    whole = await ask(gateway, path)
    assert [one["event_id"] for one in whole["nodes"]] == ["e1", "e2", "e3"]
    assert whole["nodes"][0]["inputs"] == {"market": "0" * 64}
    assert whole["truncated"] is True
    restrict(monkeypatch)
    document = await ask(gateway, path)
    assert [one["event_id"] for one in document["nodes"]] == ["e1", "e3"]
    assert document["edges"] == [{"from_event_id": "e3", "to_event_id": "e1", "kind": "read"}]


async def test_events_are_shown_as_they_were_published(gateway: GatewayHarness) -> None:
    async with gateway.client() as client:
        text = (await client.get("/events?limit=1&order=oldest_first")).text
    assert ALPHA.completed()[0].to_bytes().decode() in text
    assert '"global_seq":1,"recorded_at":"2026-11-20T12:00:00.000Z"' in text


async def test_patterns_become_topics(gateway: GatewayHarness) -> None:
    await ask(gateway, "/events?topics=plan.*,*.approved,intent.expired&portfolio_id=fund")
    await ask(gateway, "/events?topics=%3E")
    await ask(gateway, "/events?topics=market.*")
    first, second, third = gateway.ledger.asked
    assert first.topics == ["intent.expired", "plan.created", "plan.rejected", "risk.approved"]
    assert first.portfolio_id == "fund"
    assert second.topics is not None
    assert len(second.topics) > 15
    assert third.topics == []


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/events?topics=", "topics"),
        ("/events?topics=intent.nonsense", "topics"),
        ("/events?topics=" + ",".join(["*"] * 17), "topics"),
        ("/events?from=yesterday", "from"),
        ("/events?from=2026-11-28&to=2026-11-27", "to"),
        ("/events?to=9999-12-31T23:59:59-23:59", "to"),
        ("/events?order=random", "order"),
        ("/events?cursor=-1", "cursor"),
        ("/events?cursor=9223372036854775808", "cursor"),
        ("/events?cursor=1e3", "cursor"),
        ("/events?correlation_id=intent", "correlation_id"),
        ("/events?correlation_id=intent-%00", "correlation_id"),
        ("/events?portfolio_id=a%00b", "portfolio_id"),
        ("/events?strategy_id=alpha", "strategy_id"),
        ("/correlations/%00", "correlation_id"),
        ("/correlations/Intent-1", "correlation_id"),
        ("/correlations/intent-" + "1" * 65, "correlation_id"),
        ("/dead-letters?state=closed", "state"),
        ("/dead-letters?cursor=7", "cursor"),
        ("/dead-letters?cursor=1-a%00", "cursor"),
        ("/dead-letters/a%00b", "dead_letter_id"),
        ("/dead-letters/" + "a" * 129, "dead_letter_id"),
        ("/quarantine?reason=BORED", "reason"),
        ("/quarantine?cursor=0", "cursor"),
        ("/quarantine/0", "message_id"),
        ("/quarantine/9223372036854775808", "message_id"),
        ("/quarantine/²", "message_id"),
        ("/parked?limit=0", "limit"),
        ("/parked?cursor=x", "cursor"),
        ("/stalled?after_seconds=-1", "after_seconds"),
        ("/stalled?after_seconds=99999999999", "after_seconds"),
        ("/stalled?after_seconds=1.5", "after_seconds"),
    ],
)
async def test_wrong_parameters_are_named(gateway: GatewayHarness, path: str, field: str) -> None:
    async with gateway.client() as client:
        document = check_problem(await client.get(path), 400, "INVALID_PARAMETER")
    assert [error["field"] for error in document["errors"]] == [field]


@pytest.mark.parametrize("path", [*LISTS, "/correlations/intent-1", "/dead-letters/a"])
async def test_a_database_that_is_away_is_a_503(gateway: GatewayHarness, path: str) -> None:
    gateway.ledger.error = TransientError("PostgreSQL: secret")
    async with gateway.client() as client:
        response = await client.get(path)
    check_problem(response, 503, "READ_UNAVAILABLE")
    assert response.headers["retry-after"]
    assert "secret" not in response.text


@pytest.mark.parametrize("path", ["/dead-letters/planner-workers-7", "/quarantine/7"])
async def test_bytes_are_shown_without_credentials(gateway: GatewayHarness, path: str) -> None:
    gateway.ledger.letters = [dead_letter(body=SECRET)._replace(error="token=hunter2")]
    gateway.ledger.quarantine = [
        QuarantinedMessage(
            7, QuarantineReason.MALFORMED, "d", "s", 1, RECORDED_AT, len(SECRET), None, SECRET
        )
    ]
    document = await ask(gateway, path)
    assert "hunter2" not in str(document)
    assert '"correlationId":"intent-1"' in document["body"]
    listed = await ask(gateway, path.rpartition("/")[0])
    assert "body" not in listed["items"][0]
    assert "hunter2" not in str(listed)


@pytest.mark.parametrize("action", ["retry", "resolve"])
async def test_asking_again_changes_nothing(gateway: GatewayHarness, action: str) -> None:
    path = f"/dead-letters/planner-workers-1/{action}"
    first = await ask(gateway, path, method="POST", json={"reason": "done by hand"})
    assert first["requested_by"] == "local"
    assert first["note"] == "done by hand"
    gateway.ledger.letters[0] = dead_letter(
        1, "resolved", correlation_id=gateway.ledger.letters[0].correlation_id
    )
    again = await ask(gateway, path, method="POST", json={"reason": "another"})
    assert again == first
    shown = await ask(gateway, "/dead-letters/planner-workers-1")
    assert shown["requests"] == [first]


async def test_a_retry_needs_no_reason(gateway: GatewayHarness) -> None:
    first = await ask(gateway, "/dead-letters/planner-workers-1/retry", method="POST")
    second = await ask(gateway, "/dead-letters/planner-workers-2/retry", method="POST", json={})
    assert (first["note"], second["note"]) == ("", "")


@pytest.mark.parametrize("reason", ["", "x" * 501, "a\x00b", 1])
async def test_a_wrong_reason_of_a_retry_is_named(gateway: GatewayHarness, reason: object) -> None:
    path = "/dead-letters/planner-workers-1/retry"
    async with gateway.client() as client:
        answer = await client.post(path, json={"reason": reason})
    problem = check_problem(answer, 422, "VALIDATION_FAILED")
    assert [one["field"] for one in problem["errors"]] == ["reason"]
    assert not gateway.ledger.requested


async def test_what_is_resolved_is_not_sent_again(gateway: GatewayHarness) -> None:
    letter = "/dead-letters/planner-workers-1"
    await ask(gateway, f"{letter}/resolve", method="POST", json={"reason": "done"})
    async with gateway.client() as client:
        check_problem(await client.post(f"{letter}/retry"), 409, "DEAD_LETTER_CLOSED")
    gateway.ledger.letters = [dead_letter(8, subject="intent.unreadable.a.b")]
    async with gateway.client() as client:
        answer = await client.post("/dead-letters/planner-workers-8/retry")
    check_problem(answer, 409, "DEAD_LETTER_CLOSED")
    assert list(gateway.ledger.requested) == [("planner-workers-1", "resolve")]


@pytest.mark.parametrize(
    "body",
    [{}, {"reason": ""}, {"reason": "x" * 501}, {"reason": "a\x00b"}, {"reason": 1}, {"note": "n"}],
    ids=str,
)
async def test_a_resolution_has_a_reason(gateway: GatewayHarness, body: dict[str, Any]) -> None:
    async with gateway.client() as client:
        answer = await client.post("/dead-letters/planner-workers-1/resolve", json=body)
    check_problem(answer, 422, "VALIDATION_FAILED")
    assert not gateway.ledger.requested


@pytest.mark.parametrize("action", ["retry", "resolve"])
async def test_only_an_administrators_key_decides(
    gateway: GatewayHarness, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    restrict(monkeypatch, KeyScope.READ, KeyScope.TRADE)
    path = f"/dead-letters/planner-workers-1/{action}"
    async with gateway.client() as client:
        check_problem(await client.post(path, json={"reason": "r"}), 403, "SCOPE_MISSING")
    restrict(monkeypatch, KeyScope.ADMIN)
    asked = await ask(gateway, path, method="POST", json={"reason": "r"})
    assert asked["requested_by"] == "key-1"


async def test_a_stalled_history_names_who_should_act(gateway: GatewayHarness) -> None:
    (first, _) = (await ask(gateway, "/stalled"))["items"]
    assert (first["waits_for"], first["sent_again"], first["given_up"]) == ("planner", 8, True)
    assert (await ask(gateway, "/stalled?after_seconds=91"))["items"] == []


@pytest.mark.parametrize("path", ["/dead-letters", "/parked", "/stalled"])
async def test_a_cursor_names_nothing_that_belongs_to_others(
    gateway: GatewayHarness, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given more of others' things than are searched for a page: all of ours come, once."""
    monkeypatch.setattr("gateway.visibility.MAX_PAGE_ITEMS", 2)
    monkeypatch.setattr("gateway.visibility.MAX_PAGES_SEARCHED", 2)
    fill(gateway)
    restrict(monkeypatch)
    shown: list[str] = []
    cursor = ""
    for _ in range(50):
        page = await ask(gateway, f"{path}?limit=1{cursor}")
        shown += [one.get("event_id") or one.get("id") or one["since"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        assert "foreign" not in page["next_cursor"]
        assert "-workers-9" not in page["next_cursor"]
        cursor = f"&cursor={page['next_cursor']}"
    else:
        pytest.fail("the list has no end")
    assert len(shown) == len(set(shown)) == 3


def fill(gateway: GatewayHarness) -> None:
    """Put 20 things into every list, of which every seventh is alpha's."""
    ledger, second = gateway.ledger, timedelta(seconds=1)
    ledger.letters, ledger.parked_events, ledger.stalled = [], [], []
    for number in range(20):
        name = ALPHA.correlation_id if number % 7 == 3 else BETA.correlation_id
        called = "own" if name == ALPHA.correlation_id else "foreign"
        at = RECORDED_AT + number // 2 * second
        ledger.parked_events.append(
            ParkedEvent(f"{called}-{number:02}", name, 4, "s", 1, at, 90 * second, 2)
        )
        listed = name if called == "own" else f"intent-foreign-{number:02}"
        ledger.stalled.append(StalledHistory(listed, 3, "plan.created", at, 90 * second, 8, None))
        letter = dead_letter(number if called == "own" else 90 + number, correlation_id=name)
        ledger.letters.append(letter._replace(recorded_at=RECORDED_AT - number // 2 * second))
    ledger.letters.sort(key=lambda one: one.place, reverse=True)
    ledger.parked_events.sort(key=lambda one: one.place)
    ledger.stalled.sort(key=lambda one: one.place)
