"""Every operation by every scope and for every account: a new operation needs a row here.

The table was written by hand, from who has what to do; it is not read from the product.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from gateway import visibility
from gateway.routes.table import OPERATIONS
from tests.support.histories import History
from tests.support.keys import OwnedKey, Signing, owned_key
from tests.unit.gateway.access_rows import (
    ALL_SCOPE_SETS,
    FOREIGN,
    HIDING,
    OWN,
    PUBLIC,
    REQUEST_ID,
    ROWS,
    UNKNOWN,
    ids_of,
    signal_of,
)
from tests.unit.gateway.keyed import KeyedGateway, keyed_gateway
from tests.unit.gateway.memory_approvals import waiting
from tests.unit.gateway.memory_views import portfolio_view
from tests.unit.gateway.support import BODY, NOW
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.execution.payloads import StepFilled
from tradewind.keys.model import Accounts, KeyKind
from tradewind.readmodels.models.intent import INTENT
from tradewind.readmodels.models.intent_history import fold
from tradewind.readmodels.models.plan import PLAN
from tradewind.readmodels.models.positions import POSITIONS, build_positions
from tradewind.readmodels.models.signal_history import SIGNAL_HISTORY
from tradewind.readmodels.registry import READ_MODELS


@asynccontextmanager
async def world(*owned: OwnedKey, **options: Any) -> AsyncIterator[KeyedGateway]:
    """Yield a gateway that knows the histories of two strategies."""
    async with keyed_gateway(*owned, **options) as keyed:
        for history in (OWN, FOREIGN):
            put(keyed, history.completed())
        yield keyed


def put(keyed: KeyedGateway, events: list[AnyEvent]) -> None:
    """Record a history, and all that read models show of it."""
    gateway, folded = keyed.gateway, fold(events, "1")
    assert folded.intent is not None
    gateway.history.events += events
    opening = events[0]
    signal = signal_of(
        folded.intent.intent_id, folded.intent.summary.strategy_id, opening.key.portfolio
    )
    gateway.history.events += signal
    for document in SIGNAL_HISTORY.fold(signal, "1").documents:
        gateway.read_models.documents[READ_MODELS.key_of(document)] = document
    strategy_id = folded.intent.summary.strategy_id
    documents = gateway.read_models.documents
    gateway.ledger.portfolios.append(portfolio_view(events[0].key.portfolio))
    gateway.ledger.trader_of[events[0].key.portfolio] = strategy_id
    documents[INTENT.key(folded.intent.intent_id)] = folded.intent
    if folded.plan is not None:
        documents[PLAN.key(folded.plan.plan_id)] = folded.plan
    fills = [event for event in events if isinstance(event.payload, StepFilled)]
    if fills:
        portfolios = gateway.history.portfolios.setdefault(strategy_id, [])
        portfolios.append(fills[0].key.portfolio)
        documents[POSITIONS.key(strategy_id)] = build_positions(
            incarnation="1",
            version=1,
            strategy_id=strategy_id,
            last_event_time=fills[-1].timestamp,
            pnl=None,
            pnl_by_quote={},
            positions=(),
        )


async def ask(
    keyed: KeyedGateway, name: str, owned: OwnedKey | None, history: History = OWN
) -> httpx2.Response:
    row = ROWS[name]
    async with keyed.gateway.client() as client:
        return await client.request(
            name.partition(" ")[0],
            row.target(history),
            content=row.content,
            headers={**REQUEST_ID, **row.headers},
            auth=None if owned is None else Signing(owned),
        )


def comparable(answer: httpx2.Response, history: History) -> tuple[int, list[str], str]:
    """Return an answer without the ids it was asked for, and without what is left of a limit."""
    text = answer.text
    ids = (history.intent_id, history.plan_id, *ids_of(history).values())
    for own in (*ids, history.intent.strategy_id):
        text = text.replace(own, "ID")
    return answer.status_code, sorted(set(answer.headers) - {"content-length"}), text


def test_every_operation_has_a_row() -> None:
    assert set(ROWS) == {f"{one.method} {one.path}" for one in OPERATIONS}


@pytest.mark.parametrize("name", ROWS)
async def test_an_operation_needs_its_scope_and_no_other(name: str) -> None:
    keys = {scopes: owned_key(KeyKind.ED25519, *scopes) for scopes in ALL_SCOPE_SETS}
    row = ROWS[name]
    async with world(*keys.values()) as keyed:
        nobody = await ask(keyed, name, None)
        assert nobody.status_code == (row.status if row.scope is PUBLIC else 401)
        for scopes, owned in keys.items():
            answer = await ask(keyed, name, owned)
            if row.scope is PUBLIC or row.scope in scopes:
                assert answer.status_code == row.status, (scopes, answer.text)
            else:
                assert answer.status_code == 403, scopes
                assert answer.json()["code"] == "SCOPE_MISSING"


ABOUT_ALPHA = {
    "its strategy": Accounts(("alpha",)),
    "its strategies": Accounts(("al*", "gamma")),
    "its portfolio": Accounts(("*",), ("alpha",)),
    "strategy and portfolio": Accounts(("alpha",), ("a?pha",)),
}


@pytest.mark.parametrize("name", HIDING)
@pytest.mark.parametrize("accounts", ABOUT_ALPHA.values(), ids=ABOUT_ALPHA)
async def test_what_is_anothers_is_as_good_as_none(name: str, accounts: Accounts) -> None:
    owned = owned_key(accounts=accounts)
    async with world(owned) as keyed:
        assert (await ask(keyed, name, owned, OWN)).status_code == ROWS[name].status
        foreign, none = [await ask(keyed, name, owned, one) for one in (FOREIGN, UNKNOWN)]
        assert none.status_code == 404
        assert comparable(foreign, FOREIGN) == comparable(none, UNKNOWN)


@pytest.mark.parametrize("name", HIDING)
async def test_a_key_of_no_portfolio_of_a_strategy_sees_nothing_of_it(name: str) -> None:
    """Given a strategy that trades for two portfolios, then a key of one sees that one's intents,
    and not what both hold together."""
    owned = owned_key(accounts=Accounts(("alpha",), ("fund-1",)))
    first, second = (
        History(number, strategy_id="alpha", portfolio_id=f"fund-{number}") for number in (1, 2)
    )
    async with keyed_gateway(owned) as keyed:
        put(keyed, first.completed())
        put(keyed, second.completed())
        seen = await ask(keyed, name, owned, first)
        hidden = await ask(keyed, name, owned, second)
    assert hidden.status_code == 404
    assert seen.status_code == (404 if "positions" in name else ROWS[name].status)


@pytest.mark.parametrize("name", [one for one in HIDING if "/intents/" in one])
async def test_what_another_has_just_submitted_is_as_good_as_none(name: str) -> None:
    submitter, other = owned_key(), owned_key(accounts=Accounts(("beta",)))
    async with keyed_gateway(submitter, other) as keyed:
        created = await ask(keyed, "POST /intents", submitter)
        fresh = replace_id(OWN, created.json()["intent_id"])
        keyed.gateway.approvals.waits[fresh.intent_id] = waiting(fresh.intent_id, NOW)
        assert (await ask(keyed, name, submitter, fresh)).is_success
        hidden, none = [await ask(keyed, name, other, one) for one in (fresh, UNKNOWN)]
        assert comparable(hidden, fresh) == comparable(none, UNKNOWN)


def replace_id(history: History, intent_id: str) -> History:
    changed = History(1, strategy_id=history.intent.strategy_id)
    changed.intent_id = intent_id
    return changed


async def test_a_page_of_a_history_beyond_its_end_is_hidden_as_well() -> None:
    owned = owned_key(accounts=Accounts(("alpha",)))
    async with world(owned) as keyed, keyed.gateway.client() as client:
        for history, status in ((OWN, 200), (FOREIGN, 404), (UNKNOWN, 404)):
            path = f"/intents/{history.intent_id}/events?cursor=60000"
            assert (await client.get(path, auth=Signing(owned))).status_code == status


@pytest.mark.parametrize("accounts", ABOUT_ALPHA.values(), ids=ABOUT_ALPHA)
async def test_a_list_shows_what_the_key_is_about(accounts: Accounts) -> None:
    owned = owned_key(accounts=accounts)
    async with world(owned) as keyed, keyed.gateway.client() as client:
        for query, expected in (
            ("", [OWN.intent_id]),
            ("?strategy_id=alpha", [OWN.intent_id]),
            ("?strategy_id=beta", []),
        ):
            page = (await client.get(f"/intents{query}", auth=Signing(owned))).json()
            assert [item["intent_id"] for item in page["items"]] == expected
            assert page["next_cursor"] is None


async def test_pages_among_others_intents_are_whole_and_name_none_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Given more intents of others than are searched for a page, then all of ours come, once."""
    monkeypatch.setattr(visibility, "MAX_PAGE_ITEMS", 3)
    monkeypatch.setattr(visibility, "MAX_PAGES_SEARCHED", 2)
    owned = owned_key(accounts=Accounts(("alpha",)))
    histories = [
        History(number, strategy_id="alpha" if number % 9 == 0 else "beta")
        for number in range(1, 60)
    ]
    foreign = {one.intent_id for one in histories if one.intent.strategy_id == "beta"}
    ours = [one.intent_id for one in reversed(histories) if one.intent_id not in foreign]
    async with keyed_gateway(owned) as keyed, keyed.gateway.client() as client:
        for one in histories:
            put(keyed, one.completed()[:1])
        seen, cursor = [], ""
        for _ in range(60):
            target = f"/intents?limit=2{cursor}"
            page = (await client.get(target, auth=Signing(owned))).json()
            seen += [item["intent_id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            assert page["next_cursor"] not in foreign
            cursor = f"&cursor={page['next_cursor']}"
    assert seen == ours


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"strategy_id": "alpha", "portfolio_id": "fund-1"}, None),
        ({"strategy_id": "beta", "portfolio_id": "fund-1"}, "strategy_id"),
        ({"strategy_id": "alpha", "portfolio_id": "other"}, "portfolio_id"),
        ({"strategy_id": "alpha"}, None),
        ({"strategy_id": "alpha-2"}, "portfolio_id"),
    ],
)
async def test_an_intent_is_taken_for_accounts_of_the_key(
    body: dict[str, str], field: str | None
) -> None:
    owned = owned_key(accounts=Accounts(("alpha*",), ("fund-*",)))
    async with (
        keyed_gateway(owned, strategy_portfolios="alpha=fund-1") as keyed,
        keyed.gateway.client() as client,
    ):
        answer = await client.post("/intents", json=BODY | body, auth=Signing(owned))
        if field is None:
            assert answer.status_code == 201
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "ACCOUNT_NOT_COVERED")
            assert [error["field"] for error in answer.json()["errors"]] == [field]
            assert keyed.gateway.journal.kept == {}


async def test_a_repeated_request_is_its_owners() -> None:
    """Given the same Idempotency-Key of two keys, then there are two intents; and when a key is
    replaced, what it repeats is the same intent."""
    first, other = owned_key(), owned_key()
    rotated = owned_key()
    rotated = replace(rotated, key=replace(rotated.key, first_key_id=first.key_id))
    ids = []
    async with keyed_gateway(first, other, rotated) as keyed, keyed.gateway.client() as client:
        for owned in (first, other, rotated):
            answer = await client.post(
                "/intents", json=BODY, headers={"Idempotency-Key": "1"}, auth=Signing(owned)
            )
            assert answer.status_code == 201
            ids.append(answer.json()["intent_id"])
    assert ids[0] != ids[1]
    assert ids[0] == ids[2]
