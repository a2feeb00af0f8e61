"""Closing and flattening: intents as if a client had submitted them, and each of them once."""

from typing import Any

import pytest

from gateway.http.caller import Accounts, Caller, KeyScope
from tests.support.histories import ONE_WETH, WETH
from tests.unit.gateway.memory_views import portfolio_view
from tests.unit.gateway.support import GatewayHarness, check_problem
from tradewind.contracts.envelope import parse_event
from tradewind.ledger.upkeep.ingress import IngressUnavailable
from tradewind.trading.tokens import load_tokens

PAIR, LINK_PAIR = "ethereum-WETH-USDC", "ethereum-LINK-USDC"
LINK, DAI = (
    token.asset for name in ("LINK", "DAI") if (token := load_tokens().by_symbol("ethereum", name))
)
KEY = {"Idempotency-Key": "close-1"}


@pytest.fixture
def gateway() -> GatewayHarness:
    """Return a gateway with a portfolio of one WETH that alpha trades for."""
    gateway = GatewayHarness()
    gateway.ledger.portfolios = [portfolio_view("fund")]
    gateway.ledger.trader_of["fund"] = "alpha"
    return gateway


def intents_of(gateway: GatewayHarness) -> int:
    """Return how many intents were kept."""
    topics = [parse_event(body).topic for body in gateway.journal.kept.values()]
    return topics.count("intent.submitted")


async def post(gateway: GatewayHarness, path: str, body: Any, **headers: str) -> Any:
    async with gateway.client() as client:
        answer = await client.post(path, json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def test_a_position_is_closed_by_an_intent_like_any_other(gateway: GatewayHarness) -> None:
    body = {"instrument": PAIR, "max_slippage": "0.02", "time_window": 60}
    closed = await post(gateway, "/portfolios/fund/close", body)
    (intent,) = closed["intents"]
    assert (intent["instrument"], intent["qty"], intent["strategy_id"]) == (
        PAIR,
        "1.000000000000000000",
        "alpha",
    )
    assert closed["left_out"] == []
    asked, event = gateway.publisher.published
    payload = event.payload
    assert (asked.topic, asked.payload.requested_by) == ("portfolio.close_requested", "local")
    assert [one.instrument for one in asked.payload.sales] == [PAIR]
    assert (event.key.portfolio, payload.intent.intent_type) == ("fund", "dispose")
    assert str(payload.intent.constraints.max_slippage) == "0.02"
    assert event.event_id in gateway.journal.kept


async def test_the_same_request_makes_no_second_intent(gateway: GatewayHarness) -> None:
    """Given a position that was sold meanwhile, then its request still names what it made."""
    first = await post(gateway, "/portfolios/fund/flatten", {}, **KEY)
    gateway.ledger.portfolios = [portfolio_view("fund", quantity=ONE_WETH // 2)]
    again = await post(gateway, "/portfolios/fund/flatten", {}, **KEY)
    assert [one["intent_id"] for one in again["intents"]] == [
        one["intent_id"] for one in first["intents"]
    ]
    assert [one["is_repeated"] for one in again["intents"]] == [True]
    assert intents_of(gateway) == 1


async def test_what_was_bought_since_is_not_sold_by_the_same_request(
    gateway: GatewayHarness,
) -> None:
    """Given a pair that was opened after the request, then repeating it leaves that alone, and
    another request sells it."""
    first = await post(gateway, "/portfolios/fund/flatten", {}, **KEY)
    view = portfolio_view("fund", ONE_WETH // 2, LINK)
    gateway.ledger.portfolios = [view._replace(version=9)]
    again = await post(gateway, "/portfolios/fund/flatten", {}, **KEY)
    assert [one["intent_id"] for one in again["intents"]] == [
        one["intent_id"] for one in first["intents"]
    ]
    other = await post(gateway, "/portfolios/fund/flatten", {}, **{"Idempotency-Key": "close-2"})
    assert {one["instrument"] for one in other["intents"]} == {PAIR, LINK_PAIR}


@pytest.mark.parametrize("path", ["flatten", "close"])
async def test_a_request_that_sold_nothing_sells_nothing_later(
    gateway: GatewayHarness, path: str
) -> None:
    """Given a position that was sold by others already, then the request that said so is done."""
    gateway.ledger.claimed[WETH.address] = ONE_WETH
    body = {"instrument": PAIR} if path == "close" else {}
    first = await post(gateway, f"/portfolios/fund/{path}", body, **KEY)
    gateway.ledger.claimed.clear()
    again = await post(gateway, f"/portfolios/fund/{path}", body, **KEY)
    assert first == again
    assert again["intents"] == []
    assert again["left_out"] == [{"instrument": PAIR, "reason": "UNDER_WAY"}]
    assert intents_of(gateway) == 0


async def test_a_closed_position_is_still_what_its_request_closed(gateway: GatewayHarness) -> None:
    """Given nothing of the pair any more, then the request names its intent, and another is told
    that there is nothing, of which nothing is kept."""
    path, body = "/portfolios/fund/close", {"instrument": PAIR}
    first = await post(gateway, path, body, **KEY)
    gateway.ledger.portfolios = [portfolio_view("fund", quantity=0)]
    again = await post(gateway, path, body, **KEY)
    assert again["intents"][0]["intent_id"] == first["intents"][0]["intent_id"]
    kept = dict(gateway.journal.kept)
    async with gateway.client() as client:
        other = await client.post(path, json=body, headers={"Idempotency-Key": "close-2"})
    check_problem(other, 404, "POSITIONS_NOT_FOUND")
    assert gateway.journal.kept == kept


async def test_without_a_key_nothing_is_sold_twice_before_the_book_has_changed(
    gateway: GatewayHarness,
) -> None:
    for _ in range(3):
        closed = await post(gateway, "/portfolios/fund/close", {"instrument": PAIR})
    assert intents_of(gateway) == 1
    view = gateway.ledger.portfolios[0]
    gateway.ledger.portfolios = [view._replace(version=view.version + 1)]
    gateway.ledger.claimed[WETH.address] = ONE_WETH
    closed = await post(gateway, "/portfolios/fund/close", {"instrument": PAIR})
    assert closed["intents"] == []
    assert closed["left_out"] == [{"instrument": PAIR, "reason": "UNDER_WAY"}]


async def test_without_a_key_each_pair_has_a_request_of_its_own(gateway: GatewayHarness) -> None:
    gateway.ledger.portfolios = [portfolio_view("fund", ONE_WETH, LINK)]
    for pair in (PAIR, LINK_PAIR, PAIR):
        closed = await post(gateway, "/portfolios/fund/close", {"instrument": pair})
        assert [one["instrument"] for one in closed["intents"]] == [pair]
    assert intents_of(gateway) == 2


async def test_a_key_belongs_to_one_request(gateway: GatewayHarness) -> None:
    await post(gateway, "/portfolios/fund/flatten", {}, **KEY)
    async with gateway.client() as client:
        answer = await client.post(
            "/portfolios/fund/flatten", json={"time_window": 60}, headers=KEY
        )
    check_problem(answer, 422, "IDEMPOTENCY_KEY_USED")


async def test_a_request_goes_on_where_it_failed(gateway: GatewayHarness) -> None:
    gateway.journal.error = IngressUnavailable("secret")
    async with gateway.client() as client:
        answer = await client.post("/portfolios/fund/flatten", json={}, headers=KEY)
    check_problem(answer, 503, "STORE_UNAVAILABLE")
    gateway.journal.error = None
    assert len((await post(gateway, "/portfolios/fund/flatten", {}, **KEY))["intents"]) == 1


async def test_a_request_goes_on_between_its_intents(
    gateway: GatewayHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a journal that is lost after the first of two intents, then the same request makes the
    second one, although something else was bought meanwhile."""
    gateway.ledger.portfolios = [portfolio_view("fund", ONE_WETH, LINK)]
    accept, asked = gateway.journal.accept, 0

    async def lost_at_third(*arguments: Any) -> bytes | None:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise IngressUnavailable("secret")
        return await accept(*arguments)

    monkeypatch.setattr(gateway.journal, "accept", lost_at_third)
    async with gateway.client() as client:
        answer = await client.post("/portfolios/fund/flatten", json={}, headers=KEY)
    check_problem(answer, 503, "STORE_UNAVAILABLE")
    assert intents_of(gateway) == 1
    gateway.ledger.portfolios = [portfolio_view("fund", ONE_WETH, LINK, DAI)]
    closed = await post(gateway, "/portfolios/fund/flatten", {}, **KEY)
    assert [one["is_repeated"] for one in closed["intents"]] == [True, False]
    assert {one["instrument"] for one in closed["intents"]} == {PAIR, LINK_PAIR}


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/portfolios/nobody/flatten", {}, 404, "PORTFOLIO_NOT_FOUND"),
        ("/portfolios/a.b/flatten", {}, 400, "INVALID_PARAMETER"),
        (
            "/portfolios/fund/close",
            {"instrument": "ethereum-LINK-USDC"},
            404,
            "POSITIONS_NOT_FOUND",
        ),
        ("/portfolios/fund/close", {}, 422, "VALIDATION_FAILED"),
        ("/portfolios/fund/close", {"instrument": "a b"}, 422, "VALIDATION_FAILED"),
        ("/portfolios/fund/flatten", {"max_slippage": "1.5"}, 422, "VALIDATION_FAILED"),
        ("/portfolios/fund/flatten", {"max_slippage": 0.01}, 422, "VALIDATION_FAILED"),
        ("/portfolios/fund/flatten", {"time_window": 0}, 422, "VALIDATION_FAILED"),
        ("/portfolios/fund/flatten", {"instrument": PAIR}, 422, "VALIDATION_FAILED"),
    ],
)
async def test_what_is_wrong_is_named(
    gateway: GatewayHarness, path: str, body: Any, status: int, code: str
) -> None:
    async with gateway.client() as client:
        check_problem(await client.post(path, json=body), status, code)
    assert not gateway.journal.kept


async def test_a_key_sells_for_its_accounts_only(
    gateway: GatewayHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller("key-1", frozenset(KeyScope), Accounts(("alpha",)))
    monkeypatch.setattr("gateway.http.middleware.caller.LOCAL_CALLER", caller)
    async with gateway.client() as client:
        body = {"strategy_id": "beta"}
        refused = await client.post("/portfolios/fund/flatten", json=body)
        check_problem(refused, 403, "ACCOUNT_NOT_COVERED")
        gateway.ledger.trader_of["fund"] = "beta"
        hidden = await client.post("/portfolios/fund/flatten", json={})
        check_problem(hidden, 404, "PORTFOLIO_NOT_FOUND")
    assert not gateway.journal.kept


async def test_what_is_kept_is_the_intent_that_is_answered(gateway: GatewayHarness) -> None:
    closed = await post(gateway, "/portfolios/fund/flatten", {})
    *_, body = gateway.journal.kept.values()
    assert parse_event(body).payload.intent_id == closed["intents"][0]["intent_id"]
