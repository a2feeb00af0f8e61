"""Refusals and fills as clients see them."""

from decimal import Decimal
from typing import Any

import pytest

from gateway.http.caller import Accounts, Caller, KeyScope
from gateway.routes.blocks import block_of
from gateway.routes.fills import fill_of
from tests.support.histories import ONE_WETH, PRICE, History
from tests.unit.gateway.memory_records import RECORDED_AT
from tests.unit.gateway.support import GatewayHarness, check_problem
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.risk.checks import RiskCheck
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.wire import UINT256_MAX
from tradewind.errors import TransientError
from tradewind.ledger.history.trades import Trade
from tradewind.ledger.records import RecordedEvent

ALPHA = History(1, strategy_id="alpha", portfolio_id="fund")
BETA = History(2, strategy_id="beta")
LATE = History(3, strategy_id="alpha")
POSITION = RiskCheck(
    rule=RiskRejectionReason.POSITION_LIMIT,
    passed=False,
    value="7 WETH",
    limit="5 WETH",
    scope="portfolio fund",
)
CHECKS = (
    RiskCheck(rule=RiskRejectionReason.NOTIONAL_LIMIT, passed=True, value="1 USD", limit="2 USD"),
    POSITION,
    POSITION.model_copy(update={"rule": RiskRejectionReason.LEVERAGE_LIMIT, "value": "3"}),
)


def trade(event: AnyEvent, history: History) -> Trade:
    recorded = RecordedEvent(event, 5, RECORDED_AT, event.to_bytes())
    return Trade(recorded, history.intent.model_dump(mode="json"))


@pytest.fixture
def gateway() -> GatewayHarness:
    """Return a gateway whose ledger has refusals and fills of two strategies."""
    gateway = GatewayHarness()
    gateway.ledger.events = [
        *ALPHA.events(ALPHA.rejected()),
        *BETA.completed(3),
        *LATE.events(LATE.expiry()),
    ]
    return gateway


async def ask(gateway: GatewayHarness, path: str) -> Any:
    async with gateway.client() as client:
        response = await client.get(path)
    assert response.status_code == 200, response.text
    return response.json()


def test_a_refusal_names_the_first_failed_rule_with_its_numbers() -> None:
    payload = ALPHA.rejected().model_copy(
        update={"reason": RiskRejectionReason.POSITION_LIMIT, "checks": CHECKS}
    )
    block = block_of(trade(ALPHA.events(payload)[-1], ALPHA))
    assert (block.reason, block.value, block.limit, block.scope) == (
        "POSITION_LIMIT", "7 WETH", "5 WETH", "portfolio fund",
    )  # fmt: skip
    assert [one.rule for one in block.failed_checks] == ["POSITION_LIMIT", "LEVERAGE_LIMIT"]
    assert (block.strategy_id, block.portfolio_id) == ("alpha", "fund")
    assert (block.symbol, block.side, block.qty) == ("WETH/USDC", "acquire", Decimal("1.0"))


def test_a_refusal_of_an_earlier_release_has_its_reason_only() -> None:
    block = block_of(trade(ALPHA.events(ALPHA.rejected())[-1], ALPHA))
    assert (block.reason, block.value, block.limit) == ("NOTIONAL_LIMIT", None, None)
    assert block.failed_checks == ()


def test_what_expired_says_when() -> None:
    block = block_of(trade(LATE.events(LATE.expiry())[-1], LATE))
    assert block.reason == "EXPIRED"
    assert block.detail == "the time window closed at 2026-11-21T01:05:00.000Z"


@pytest.mark.parametrize("intent_type", ["acquire", "dispose"])
def test_a_fill_has_whole_tokens_and_a_price(intent_type: Any) -> None:
    history = History(4, intent_type=intent_type, strategy_id="alpha", portfolio_id="fund")
    fill = fill_of(trade(history.events(history.fill())[-1], history))
    assert (fill.side, fill.qty, fill.price) == (intent_type, Decimal(1), Decimal(PRICE))
    assert (fill.strategy_id, fill.portfolio_id) == ("alpha", "fund")
    assert ONE_WETH in (fill.amount_in, fill.amount_out)
    assert fill.fee_wei is None


def test_a_fill_of_a_token_beyond_bounds_is_shown_in_base_units() -> None:
    """Given a token of no decimals and the most a chain can hold of it, then it is shown."""
    payload = ALPHA.fill().model_copy(update={"amount_out": UINT256_MAX})
    base = payload.step.base.model_copy(update={"decimals": 0})
    step = payload.step.model_copy(update={"base": base})
    event = ALPHA.events(payload.model_copy(update={"step": step}))[-1]
    fill = fill_of(trade(event, ALPHA))
    assert (fill.qty, fill.amount_out) == (None, UINT256_MAX)


async def test_lists_are_walked_page_by_page(gateway: GatewayHarness) -> None:
    for path, number in (("/live/blocks", 2), ("/live/fills", 3)):
        whole = await ask(gateway, path)
        assert len(whole["items"]) == number
        walked, cursor = [], ""
        while True:
            page = await ask(gateway, f"{path}?limit=1{cursor}")
            walked += page["items"]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert walked == whole["items"]


async def test_a_key_sees_its_accounts_only(
    gateway: GatewayHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = Accounts(("al?ha", "gam_ma*"), ("fu*",))
    caller = Caller("key-1", frozenset(KeyScope), accounts)
    monkeypatch.setattr("gateway.http.middleware.caller.LOCAL_CALLER", caller)
    for path in ("/live/blocks", "/live/fills", "/live/block-reasons"):
        await ask(gateway, path)
        wanted = gateway.ledger.asked_trades[-1]
        assert wanted.strategies == ["al_ha", r"gam\_ma%"]
        assert wanted.portfolios == ["fu%"]


async def test_reasons_are_counted_in_the_last_day(gateway: GatewayHarness) -> None:
    counted = await ask(gateway, "/live/block-reasons?to=2026-11-22&portfolio_id=fund")
    assert counted["total"] == 2
    assert {one["reason"]: one["count"] for one in counted["reasons"]} == {
        "NOTIONAL_LIMIT": 1,
        "EXPIRED": 1,
    }
    assert (counted["since"], counted["until"]) == (
        "2026-11-21T00:00:00.000Z",
        "2026-11-22T00:00:00.000Z",
    )
    assert gateway.ledger.asked_trades[-1].portfolio_id == "fund"


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("reason=notional", "reason"),
        ("portfolio_id=a.b", "portfolio_id"),
        ("strategy_id=", "strategy_id"),
        ("instrument=a%20b", "instrument"),
        ("from=yesterday", "from"),
        ("from=2026-11-22&to=2026-11-21", "to"),
        ("cursor=0", "cursor"),
        ("cursor=99999999999999999999", "cursor"),
        ("limit=201", "limit"),
    ],
)
async def test_a_wrong_filter_is_named(gateway: GatewayHarness, query: str, name: str) -> None:
    async with gateway.client() as client:
        answer = await client.get(f"/live/blocks?{query}")
    problem = check_problem(answer, 400, "INVALID_PARAMETER")
    assert [one["field"] for one in problem["errors"]] == [name]


async def test_without_the_ledger_nothing_is_answered(gateway: GatewayHarness) -> None:
    gateway.ledger.error = TransientError("away")
    async with gateway.client() as client:
        for path in ("/live/blocks", "/live/fills", "/live/block-reasons"):
            check_problem(await client.get(path), 503, "READ_UNAVAILABLE")
