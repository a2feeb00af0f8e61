"""A list of intents is filtered by what no index tells as well, and counted where that is cheap."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from gateway.http.limits import MAX_PAGE_ITEMS
from tests.support.histories import History
from tests.support.keys import Signing, owned_key
from tests.unit.gateway.keyed import keyed_gateway
from tests.unit.gateway.support import GatewayHarness, check_problem
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import parse_ulid
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.contracts.wire import format_timestamp
from tradewind.keys.model import Accounts
from tradewind.readmodels.models.intent import INTENT, IntentDocument
from tradewind.readmodels.models.intent_history import fold

REFUSED, COMPLETED = History(1, strategy_id="alpha"), History(2, strategy_id="beta")
FAILED, IN_FLIGHT = History(3, strategy_id="alpha"), History(4, strategy_id="beta")
FRESH = History(5, strategy_id="alpha")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ALL = (FRESH, IN_FLIGHT, FAILED, COMPLETED, REFUSED)
BOTH = "submitted,risk_rejected"


def document(events: list[AnyEvent]) -> IntentDocument:
    folded = fold(events, "1").intent
    assert folded is not None
    return folded


def documents() -> Mapping[str, IntentDocument]:
    shown = [
        document(REFUSED.events(REFUSED.rejected())),
        document(COMPLETED.completed()),
        document(FAILED.events(*FAILED.until_submitted(), FAILED.failure("reverted"))),
        document(IN_FLIGHT.events(*IN_FLIGHT.until_submitted())),
        document(FRESH.events()),
    ]
    return {INTENT.key(one.intent_id): one for one in shown}


def filled() -> GatewayHarness:
    gateway = GatewayHarness()
    gateway.read_models.documents.update(documents())
    return gateway


def moment_of(history: History, *, later_ms: int = 0) -> str:
    """Return when an intent was submitted, as its id tells."""
    milliseconds = parse_ulid(history.intent_id).milliseconds + later_ms
    at = EPOCH + timedelta(milliseconds=milliseconds)
    return format_timestamp(at)


@pytest.mark.parametrize(
    ("query", "expected", "total"),
    [
        ("", ALL, 5),
        ("state=risk_rejected", [REFUSED], 1),
        (f"state={BOTH}", [FRESH, REFUSED], 2),
        (f"state={BOTH},submitted&strategy_id=alpha", [FRESH, REFUSED], 2),
        ("strategy_id=beta", [IN_FLIGHT, COMPLETED], 2),
        ("reason=NOTIONAL_LIMIT", [REFUSED], None),
        ("state=failed&reason=NOTIONAL_LIMIT", [], None),
        ("in_flight=true", [IN_FLIGHT], None),
        ("in_flight=false&strategy_id=beta", [COMPLETED], None),
        ("pair=WETH/USDC&state=completed", [COMPLETED], None),
        ("pair=WBTC/USDC", [], None),
        (f"text={COMPLETED.intent_id[-6:].lower()}", [COMPLETED], None),
        ("text=notional", [REFUSED], None),
        ("text=%00", [], None),
        (f"from={moment_of(FAILED)}", [FRESH, IN_FLIGHT, FAILED], 3),
        (f"to={moment_of(FAILED)}", [COMPLETED, REFUSED], 2),
        (f"from={moment_of(COMPLETED)}&to={moment_of(FAILED, later_ms=1)}", [FAILED, COMPLETED], 2),
        (f"from={moment_of(FRESH, later_ms=1)}", [], 0),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 200])
async def test_a_list_has_what_fits_on_pages_of_any_size(
    query: str, expected: list[History], total: int | None, limit: int
) -> None:
    seen, cursor = [], ""
    async with filled().client() as client:
        for _ in range(20):
            page = (await client.get(f"/intents?limit={limit}&{query}{cursor}")).json()
            assert len(page["items"]) <= limit
            assert page["total"] == total
            seen += [one["intent_id"] for one in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
    assert seen == [one.intent_id for one in expected]


async def test_what_redis_cannot_count_is_not_counted() -> None:
    gateway = filled()
    gateway.read_models.counts = False
    async with gateway.client() as client:
        page = (await client.get("/intents")).json()
    assert (len(page["items"]), page["total"]) == (5, None)


@pytest.mark.parametrize(
    ("accounts", "total", "of_beta"),
    [
        (Accounts(("alpha",)), 3, 0),
        (Accounts(("alpha", "beta")), 5, 2),
        (Accounts(("al*",)), None, 0),
        (Accounts(("be*",)), None, 2),
        (Accounts(("*",), ("alpha",)), None, None),
        (Accounts(("alpha",), ("alpha",)), None, None),
    ],
)
async def test_a_key_of_some_accounts_counts_its_own(
    accounts: Accounts, total: int | None, of_beta: int | None
) -> None:
    owned = owned_key(accounts=accounts)
    async with keyed_gateway(owned) as keyed, keyed.gateway.client() as client:
        keyed.gateway.read_models.documents.update(documents())
        for query, expected in (("", total), ("?strategy_id=beta", of_beta)):
            page = (await client.get(f"/intents{query}", auth=Signing(owned))).json()
            assert page["total"] == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=", "state"),
        ("state=submitted,", "state"),
        ("state=submitted,done", "state"),
        (f"state={','.join(['failed'] * 999)},done", "state"),
        ("pair=WETH-USDC", "pair"),
        ("pair=WETH/USDC/DAI", "pair"),
        (f"pair={'A' * 17}/USDC", "pair"),
        ("reason=notional", "reason"),
        (f"reason={'A' * 65}", "reason"),
        ("in_flight=1", "in_flight"),
        ("in_flight=True", "in_flight"),
        ("from=yesterday", "from"),
        ("to=2026-13-01", "to"),
        ("from=2026-11-28&to=2026-11-28", "to"),
        ("text=", "text"),
        (f"text={'a' * 65}", "text"),
        ("strategy_id=a.b", "strategy_id"),
        ("state=failed&state=failed", "state"),
    ],
)
async def test_a_wrong_filter_is_named(query: str, field: str) -> None:
    async with filled().client() as client:
        document = check_problem(await client.get(f"/intents?{query}"), 400, "INVALID_PARAMETER")
    assert [error["field"] for error in document["errors"]] == [field]


@pytest.mark.parametrize("at", ["0001-01-01", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z"])
async def test_times_beyond_all_ids_are_times(at: str) -> None:
    """Given a time that no id can have, then a list begins or ends where ids do."""
    async with filled().client() as client:
        since = (await client.get(f"/intents?from={at}")).json()
        until = (await client.get(f"/intents?to={at}")).json()
    assert {len(since["items"]), len(until["items"])} == {0, 5}
    assert {since["total"], until["total"]} == {0, 5}


async def test_a_search_for_a_needle_ends_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given more intents than are looked at for a page, then it is short and the next goes on."""
    monkeypatch.setattr("gateway.visibility.MAX_PAGE_ITEMS", 1)
    monkeypatch.setattr("gateway.visibility.MAX_PAGES_SEARCHED", 2)
    async with filled().client() as client:
        first = (await client.get("/intents?text=notional")).json()
        assert first["items"] == []
        seen, cursor = [], first["next_cursor"]
        while cursor is not None:
            page = (await client.get(f"/intents?text=notional&cursor={cursor}")).json()
            seen += [one["intent_id"] for one in page["items"]]
            cursor = page["next_cursor"]
    assert seen == [REFUSED.intent_id]


@pytest.mark.parametrize("states", [1, 2, len(IntentState) - 1])
async def test_a_search_reads_no_more_of_many_states_than_of_one(states: int) -> None:
    gateway, wanted = filled(), ",".join([*IntentState][:states])
    async with gateway.client() as client:
        await client.get(f"/intents?text=nothing&state={wanted}")
    assert {one[0] for one in gateway.read_models.asked} == {*[*IntentState][:states]}
    read = sum(limit for *_, limit in gateway.read_models.asked)
    assert MAX_PAGE_ITEMS <= read < MAX_PAGE_ITEMS + len(IntentState)


async def test_every_state_is_any_state() -> None:
    gateway = filled()
    async with gateway.client() as client:
        page = (await client.get(f"/intents?state={','.join(IntentState)}")).json()
    assert (len(page["items"]), page["total"]) == (5, 5)
    assert [state for state, *_ in gateway.read_models.asked] == [None]
