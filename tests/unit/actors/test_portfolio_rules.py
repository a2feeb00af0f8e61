"""Every rule of the portfolio stage below, at and above its limit, and where it lacks a value."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from actors.portfolio.judgement import Judgement
from actors.portfolio.rules import RULES as TABLE
from tests.support.factories import NOW
from tests.support.limits import RISK_LIMITS
from tests.support.policies import RULES, book, judgement, position
from tradewind.contracts.portfolio.book import Book
from tradewind.contracts.system.trading_states import TradingState
from tradewind.trading.policy.findings import Finding

WHOLE = 10**18
HELD = position(quantity=3 * WHOLE, incoming=0)


def usd(value: str | int) -> Decimal:
    return Decimal(value)


def seconds_ago(seconds: float) -> Any:
    return NOW - timedelta(seconds=seconds)


class Case(NamedTuple):
    """A rule, a limit, and books that are just within and just beyond it."""

    rule: Callable[[Judgement], Finding | None]
    code: str
    limits: dict[str, Any]
    within: dict[str, Any]
    beyond: dict[str, Any]
    detail: str
    unknown: dict[str, Any] | None = None
    """A book without the value, where there can be one."""


CASES = [
    Case(
        RULES.duplicate_intent,
        "DUPLICATE_INTENT",
        {"duplicate_window_seconds": 60},
        {"same_intent_at": seconds_ago(60)},
        {"same_intent_at": seconds_ago(59.999)},
        "the time since the same order was approved 59 s is below 60 s (portfolio demo)",
    ),
    Case(
        RULES.rate_limit,
        "RATE_LIMIT",
        {"max_intents_per_minute": 5},
        {"recent_intents": 4},
        {"recent_intents": 5},
        "intents within a minute: 6 exceeds 5 (portfolio demo)",
    ),
    Case(
        RULES.open_intents_limit,
        "OPEN_INTENTS_LIMIT",
        {"max_open_intents": 3},
        {"open_intents": 2},
        {"open_intents": 3},
        "open intents: 4 exceeds 3 (portfolio demo)",
    ),
    Case(
        RULES.cooldown,
        "COOLDOWN",
        {"cooldown_seconds": 300},
        {"last_exit_at": seconds_ago(300)},
        {"last_exit_at": seconds_ago(299)},
        "the time since the pair was sold 299 s is below 300 s (portfolio demo)",
    ),
    Case(
        RULES.daily_loss_limit,
        "DAILY_LOSS_LIMIT",
        {"max_daily_loss_usd": usd(500)},
        {"day_profit_usd": usd(-500)},
        {"day_profit_usd": usd("-500.000001")},
        "the loss of today 500.000001 USD exceeds 500 USD (portfolio demo)",
        {},
    ),
    Case(
        RULES.drawdown_limit,
        "DRAWDOWN_LIMIT",
        {"max_drawdown_bps": 1_000},
        {"equity_usd": usd(900), "peak_equity_usd": usd(1_000)},
        {"equity_usd": usd("899.99"), "peak_equity_usd": usd(1_000)},
        "the fall of equity from its peak 1000.10 bps exceeds 1000 bps (portfolio demo)",
        {"equity_usd": usd(900)},
    ),
    Case(
        RULES.consecutive_losses,
        "CONSECUTIVE_LOSSES",
        {"max_consecutive_losses": 3},
        {"consecutive_losses": 2},
        {"consecutive_losses": 3},
        "3 losses in a row reach the limit of 3 (portfolio demo)",
        {},
    ),
    Case(
        RULES.position_amount_limit,
        "POSITION_LIMIT",
        {"max_position_amount": usd(4)},
        {"positions": (HELD,)},
        {"positions": (position(quantity=3 * WHOLE, incoming=1),)},
        "the position 4.000000000000000001 WETH exceeds 4 WETH (portfolio demo)",
        {"positions": ()},
    ),
    Case(
        RULES.position_value_limit,
        "POSITION_LIMIT",
        {"max_position_usd": usd(8_000)},
        {"positions": (HELD,)},
        {"positions": (position(quantity=3 * WHOLE, incoming=10**12),)},
        "the position 8000.002000 USD exceeds 8000 USD (portfolio demo)",
        {"positions": ()},
    ),
    Case(
        RULES.total_position_amount_limit,
        "POSITION_LIMIT",
        {"max_total_position_amount": usd(10)},
        {"others_position": 9 * WHOLE},
        {"others_position": 9 * WHOLE + 1},
        "the position of all portfolios 10.000000000000000001 WETH exceeds 10 WETH",
        {},
    ),
    Case(
        RULES.total_position_value_limit,
        "POSITION_LIMIT",
        {"max_total_position_usd": usd(20_000)},
        {"others_position": 9 * WHOLE},
        {"others_position": 9 * WHOLE + 10**12},
        "the position of all portfolios 20000.002000 USD exceeds 20000 USD",
        {},
    ),
    Case(
        RULES.gross_exposure_limit,
        "GROSS_EXPOSURE_LIMIT",
        {"max_gross_exposure_usd": usd(10_000)},
        {"gross_usd": usd(5_900), "claimed_usd": usd(2_000)},
        {"gross_usd": usd("5900.000001"), "claimed_usd": usd(2_000)},
        "gross exposure 10000.000001 USD exceeds 10000 USD (portfolio demo)",
        {},
    ),
    Case(
        RULES.net_exposure_limit,
        "NET_EXPOSURE_LIMIT",
        {"max_net_exposure_usd": usd(10_000)},
        {"net_usd": usd(5_900), "claimed_usd": usd(2_000)},
        {"net_usd": usd("5900.000001"), "claimed_usd": usd(2_000)},
        "net exposure 10000.000001 USD exceeds 10000 USD (portfolio demo)",
        {},
    ),
    Case(
        RULES.concentration_limit,
        "CONCENTRATION_LIMIT",
        {"max_concentration_bps": 2_500},
        {"equity_usd": usd(32_000), "positions": (HELD,)},
        {"equity_usd": usd(31_999), "positions": (HELD,)},
        "the part of equity 2500.0782 bps exceeds 2500 bps (portfolio demo)",
        {"positions": (HELD,)},
    ),
    Case(
        RULES.leverage_limit,
        "LEVERAGE_LIMIT",
        {"max_leverage": usd("1.5")},
        {"gross_usd": usd(900), "equity_usd": usd(2_000)},
        {"gross_usd": usd("900.1"), "equity_usd": usd(2_000)},
        "leverage 1.5001 exceeds 1.5 (portfolio demo)",
        {"gross_usd": usd(900), "equity_usd": usd(0)},
    ),
    Case(
        RULES.daily_budget,
        "DAILY_BUDGET",
        {"daily_budget_usd": usd(10_000)},
        {"day_notional_usd": usd(8_000)},
        {"day_notional_usd": usd("8000.000001")},
        "notional of today 10000.000001 USD exceeds 10000 USD (portfolio demo)",
    ),
    Case(
        RULES.insufficient_funds,
        "INSUFFICIENT_FUNDS",
        {},
        {"funded": True, "positions": (position("USDC", quantity=2_200 * 10**6, claimed=10**8),)},
        {"funded": True, "positions": (position("USDC", quantity=2_199 * 10**6, claimed=10**8),)},
        "it may cost 2100 USDC, and 2099 USDC are free",
        {"funded": True, "positions": ()},
    ),
]
NAMES = [case.rule.__name__ for case in CASES]
REDUCING = {
    RULES.daily_loss_limit,
    RULES.drawdown_limit,
    RULES.consecutive_losses,
    RULES.position_amount_limit,
    RULES.position_value_limit,
    RULES.gross_exposure_limit,
    RULES.net_exposure_limit,
    RULES.concentration_limit,
    RULES.leverage_limit,
    RULES.daily_budget,
}


def found(case: Case, stood: dict[str, Any], **changes: Any) -> Finding:
    finding = case.rule(judgement(case.limits, book(**stood), **changes))
    assert finding is not None
    assert finding.check.rule == case.code
    return finding


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_limit_includes_its_value(case: Case) -> None:
    finding = found(case, case.within)
    assert finding.check.passed
    assert finding.detail == ""


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_beyond_a_limit_an_intent_fails_with_value_limit_and_scope(case: Case) -> None:
    check, detail = found(case, case.beyond)
    assert not check.passed
    assert detail.startswith(case.detail)
    assert check.value is not None
    assert check.value in detail
    assert check.limit is not None
    if case.limits:
        assert check.scope == "portfolio demo"


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_without_a_limit_nothing_is_checked(case: Case) -> None:
    if case.limits:
        assert case.rule(judgement({}, book(**case.beyond))) is None


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.unknown is not None], ids=lambda case: case.code
)
def test_a_value_that_is_not_known_fails(case: Case) -> None:
    check, detail = found(case, case.unknown or {})
    assert not check.passed
    assert check.value is None or case.rule is RULES.insufficient_funds
    assert "not known" in detail


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.rule in REDUCING],
    ids=lambda case: case.rule.__name__,
)
def test_a_sale_of_what_is_held_passes_what_limits_exposure(case: Case) -> None:
    stood = book(**{**case.beyond, "positions": (HELD,)})
    sale = judgement(case.limits, stood, intent_type="dispose")
    assert case.rule(sale) is None
    more = judgement(case.limits, stood, intent_type="dispose", amount=Decimal("3.1"))
    finding = case.rule(more)
    assert finding is not None
    if case.rule is RULES.position_amount_limit:
        assert finding.check.value == "0.100000000000000000 WETH"


@pytest.mark.parametrize(
    ("limits", "funded", "fails"),
    [
        ({}, False, False),
        ({}, True, True),
        ({"short_allowed": False}, False, True),
        ({"short_allowed": True}, True, False),
    ],
)
def test_what_is_not_held_cannot_be_sold_where_that_is_a_rule(
    limits: dict[str, Any], funded: bool, fails: bool
) -> None:
    held = (position(quantity=WHOLE, claimed=1),)
    sale = judgement(limits, book(funded=funded, positions=held), intent_type="dispose")
    finding = RULES.insufficient_position(sale)
    assert (finding is not None) is fails
    if finding is not None:
        assert finding.detail == (
            "it sells 1 WETH, and 0.999999999999999999 WETH are held and free"
        )
    exactly = sale._replace(book=book(funded=funded, positions=(position(quantity=WHOLE),)))
    enough = RULES.insufficient_position(exactly)
    assert enough is None or enough.check.passed


def state(word: str, scope: str) -> Book:
    return book(
        state=TradingState(word), state_scope=scope, state_reason="a test", positions=(HELD,)
    )


@pytest.mark.parametrize(
    ("stood", "code", "sale_passes"),
    [
        (state("halted", "everything"), "TRADING_HALTED", False),
        (state("halted", "portfolio:demo"), "TRADING_HALTED", False),
        (state("reducing", "portfolio:demo"), "TRADING_REDUCING", True),
        (state("halted", "lock:ethereum-WETH-USDC"), "LOCKED", False),
        (state("reducing", "lock:demo:ethereum-WETH-USDC"), "LOCKED", True),
        (state("halted", "wallet:ethereum:0x00"), "WALLET_FROZEN", False),
        (state("reducing", "wallet:ethereum:0x00"), "WALLET_FROZEN", True),
    ],
)
def test_a_trading_state_fails_by_its_own_rule(stood: Book, code: str, sale_passes: bool) -> None:
    def outcomes(**changes: Any) -> dict[str, bool]:
        facts = judgement({}, stood, **changes)
        findings = (rule(facts) for rule in TABLE)
        return {one.check.rule: one.check.passed for one in findings if one is not None}

    assert outcomes() == {code: False}
    assert outcomes(intent_type="dispose") == {code: sale_passes}
    assert outcomes(intent_type="dispose", amount=Decimal(4)) == {code: False}


def test_a_refusal_says_what_is_stopped_and_why() -> None:
    finding = RULES.trading_reducing(judgement({}, state("reducing", "portfolio:demo")))
    assert finding is not None
    assert finding.detail == "portfolio:demo is reducing: only what is held may be sold: a test"


def test_of_an_instrument_that_only_reduces_no_more_is_sold_than_is_held() -> None:
    limits = RISK_LIMITS.model_copy(update={"instrument_status": "reduce_only"})
    stood = book(positions=(HELD,))
    for amount, passes in ((3, True), (4, False)):
        facts = judgement({}, stood, intent_type="dispose", amount=Decimal(amount))
        inputs = facts.screened.inputs.model_copy(update={"limits": limits})
        facts = facts._replace(screened=facts.screened.model_copy(update={"inputs": inputs}))
        finding = RULES.instrument_reduce_only(facts)
        assert finding is not None
        assert finding.check.passed is passes


@pytest.mark.parametrize(
    ("limits", "rule", "left"),
    [
        ({"lot_amount": usd("0.01")}, RULES.lot_size, WHOLE // 1_000),
        ({"min_order_amount": usd("0.01")}, RULES.order_size_minimum, WHOLE // 1_000),
        ({"min_notional_usd": usd(10)}, RULES.notional_minimum, WHOLE // 1_000),
    ],
    ids=["lot", "amount", "notional"],
)
def test_all_that_is_left_may_be_sold_however_little(
    limits: dict[str, Any], rule: Callable[[Judgement], Finding | None], left: int
) -> None:
    """Given a rest that is no order, then it is sold whole; a part of it, or more, is refused."""
    bounds = RISK_LIMITS.model_copy(update=limits)

    def finding(amount: str, **changes: Any) -> Finding | None:
        stood = book(positions=(position(**changes.pop("held")),))
        facts = judgement({}, stood, amount=Decimal(amount), **changes)
        inputs = facts.screened.inputs.model_copy(update={"limits": bounds})
        return rule(facts._replace(screened=facts.screened.model_copy(update={"inputs": inputs})))

    for held in ({"quantity": left}, {"quantity": left + WHOLE, "claimed": WHOLE}):
        sold = finding("0.001", held=held, intent_type="dispose")
        assert sold is not None
        assert sold.check.passed
        for other in ("0.0005", "0.0015"):
            refused = finding(other, held=held, intent_type="dispose")
            assert refused is not None
            assert not refused.check.passed
    whole = {"quantity": WHOLE}
    assert finding("0.01", held=whole, intent_type="dispose") is None
    assert finding("0.001", held=whole) is None


def test_claims_whose_tokens_are_not_known_may_all_be_of_the_pair() -> None:
    limits = {"max_position_amount": usd(4)}
    for claimed, passes in ((4_000, True), (4_001, False)):
        stood = book(positions=(position(quantity=WHOLE),), claimed_usd=usd(claimed))
        finding = RULES.position_amount_limit(judgement(limits, stood))
        assert finding is not None
        assert finding.check.passed is passes


def test_every_rule_is_in_the_table_once() -> None:
    assert len(set(TABLE)) == len(TABLE)
    assert {case.rule for case in CASES} <= set(TABLE)
