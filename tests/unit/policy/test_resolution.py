"""Which limit is in force, and whose it is."""

from decimal import Decimal

import pytest

from tests.support.factories import LINK, USDC, intent
from tests.support.limits import RISK_LIMITS
from tests.support.policies import INSTRUMENT, document, policy
from tradewind.contracts.instruments.registry import InstrumentTerms
from tradewind.trading.instruments.declared import UNBOUND
from tradewind.trading.policy.changes import changes_of, loosened_by
from tradewind.trading.policy.resolution import LimitInForce, resolve, tightest

NAME = "max_notional_usd"
SCOPES = f"""
hard: {{max_notional_usd: 9000}}
defaults: {{max_notional_usd: 1000}}
portfolios:
  fund:
    max_notional_usd: 5000
    instruments:
      {INSTRUMENT}: {{max_notional_usd: 8000}}
  plain: {{max_notional_usd: 4000}}
  bold: {{max_notional_usd: 20000}}
  silent: {{}}
instruments:
  {INSTRUMENT}: {{max_notional_usd: 3000}}
"""


@pytest.mark.parametrize(
    ("portfolio_id", "instrument", "value", "scope"),
    [
        ("fund", INSTRUMENT, 8_000, f"portfolio fund, instrument {INSTRUMENT}"),
        ("fund", "ethereum-LINK-USDC", 5_000, "portfolio fund"),
        ("plain", INSTRUMENT, 3_000, f"instrument {INSTRUMENT}"),
        ("plain", "ethereum-LINK-USDC", 4_000, "portfolio plain"),
        ("bold", "ethereum-LINK-USDC", 9_000, "hard"),
        ("silent", INSTRUMENT, 3_000, f"instrument {INSTRUMENT}"),
        ("silent", "ethereum-LINK-USDC", 1_000, "defaults"),
        ("other", "ethereum-LINK-USDC", 1_000, "defaults"),
    ],
)
def test_the_most_specific_scope_decides_below_the_hard_limits(
    portfolio_id: str, instrument: str, value: int, scope: str
) -> None:
    found = resolve(document(SCOPES), portfolio_id, instrument, [NAME])
    assert found == {NAME: LimitInForce(Decimal(value), scope)}


def test_a_hard_limit_holds_where_nothing_else_is_said() -> None:
    limits = policy("hard: {max_open_intents: 3}").portfolio_limits("any", intent())
    assert (limits.max_open_intents, limits.scopes) == (3, {"max_open_intents": "hard"})


def test_what_nobody_limits_is_not_limited() -> None:
    limits = policy("{}").portfolio_limits("any", intent())
    assert limits.model_dump_json() == "{}"
    assert (limits.rate_window_seconds, limits.needs_others_position) == (None, False)


@pytest.mark.parametrize(
    ("name", "loose", "tight"),
    [
        ("cooldown_seconds", 60, 300),
        ("min_notional_usd", Decimal(1), Decimal(2)),
        ("max_open_intents", 5, 3),
        ("short_allowed", True, False),
    ],
)
def test_the_tighter_of_two_scopes_counts(name: str, loose: int, tight: int) -> None:
    both = LimitInForce(loose, "one"), LimitInForce(tight, "other")
    assert tightest(name, both) == tightest(name, both[::-1]) == both[1]


@pytest.mark.parametrize(("one", "other", "both"), [("0.2", "0.5", "1"), ("0.2", "0.6", "0.6")])
def test_of_two_lots_the_smallest_that_fits_both_counts(one: str, other: str, both: str) -> None:
    lots = LimitInForce(Decimal(one), "one"), LimitInForce(Decimal(other), "other")
    found = tightest("lot_amount", lots)
    assert found is not None
    assert found.value == Decimal(both)


def test_the_registry_bounds_what_all_portfolios_hold() -> None:
    terms = InstrumentTerms(max_position=Decimal(5))
    named = policy(f"instruments: {{{INSTRUMENT}: {{max_total_position_amount: 7}}}}")
    limits = named.portfolio_limits("fund", intent(), terms)
    assert limits.max_total_position_amount == 5
    assert limits.scope_of("max_total_position_amount") == "instrument registry"
    assert named.portfolio_limits("fund", intent(), terms) is limits
    assert named.portfolio_limits("fund", intent()) != limits
    other = named.portfolio_limits("fund", intent(assets=(LINK, USDC)))
    assert not other.needs_others_position


def test_what_was_resolved_for_others_is_nobody_elses() -> None:
    """Given a policy that is asked again and again, then it says what it says when asked first."""
    named, sells = policy(SCOPES), intent(assets=(LINK, USDC))
    terms = InstrumentTerms(max_notional_usd=Decimal(700))
    tight = RISK_LIMITS.model_copy(update={"max_notional_usd": Decimal(500)})
    asked = [
        ("fund", intent(), RISK_LIMITS, None),
        ("fund", intent(), RISK_LIMITS, UNBOUND),
        ("fund", intent(), RISK_LIMITS, terms),
        ("fund", intent(), tight, terms),
        ("plain", intent(), RISK_LIMITS, UNBOUND),
        ("fund", sells, RISK_LIMITS, UNBOUND),
    ]
    fresh = [policy(SCOPES).order_limits(*one) for one in asked]
    assert [named.order_limits(*one) for one in asked * 2] == fresh * 2
    assert len({one.model_dump_json() for one in fresh}) == len(asked)


PORTFOLIO = "portfolios: {fund: {max_notional_usd: 10}}"


@pytest.mark.parametrize(
    ("before", "after", "loosened"),
    [
        ("{}", "defaults: {max_notional_usd: 5}", []),
        ("defaults: {max_notional_usd: 5}", "defaults: {max_notional_usd: 4}", []),
        (
            "defaults: {max_notional_usd: 5}",
            "defaults: {max_notional_usd: 6}",
            ["defaults: max_notional_usd 5 -> 6"],
        ),
        ("defaults: {max_notional_usd: 5}", "{}", ["defaults: max_notional_usd 5 -> none"]),
        # A portfolio with capital may not sell what it does not hold, unless it says so.
        (
            "{}",
            "portfolios: {fund: {short_allowed: true}}",
            ["portfolio fund: short_allowed none -> true"],
        ),
        ("defaults: {short_allowed: true}", "{}", []),
        ("{}", "hard: {short_allowed: false}", []),
        ("hard: {short_allowed: false}", "{}", ["defaults: short_allowed false -> none"]),
        ("hard: {max_notional_usd: 5}", "hard: {max_notional_usd: 5}\n" + PORTFOLIO, []),
        ("{}", PORTFOLIO, []),
        (
            "defaults: {max_notional_usd: 5}",
            "defaults: {max_notional_usd: 5}\n" + PORTFOLIO,
            ["portfolio fund: max_notional_usd 5 -> 10"],
        ),
        (
            f"instruments: {{{INSTRUMENT}: {{max_notional_usd: 3}}}}\n" + PORTFOLIO,
            f"instruments: {{{INSTRUMENT}: {{max_notional_usd: 3}}}}\n"
            f"portfolios: {{fund: {{max_notional_usd: 10, instruments: "
            f"{{{INSTRUMENT}: {{max_notional_usd: 7}}}}}}}}",
            [f"portfolio fund, instrument {INSTRUMENT}: max_notional_usd 3 -> 7"],
        ),
        (
            # Neither the portfolio elsewhere nor the instrument elsewhere is looser than before.
            f"defaults: {{max_notional_usd: 9}}\n{PORTFOLIO}\n"
            f"instruments: {{{INSTRUMENT}: {{max_notional_usd: 5}}}}",
            "defaults: {max_notional_usd: 4}\nportfolios: {fund: {max_notional_usd: 8}}",
            [f"portfolio fund, instrument {INSTRUMENT}: max_notional_usd 5 -> 8"],
        ),
        (
            f"instruments: {{{INSTRUMENT}: {{lot_amount: 0.2}}}}",
            f"instruments: {{{INSTRUMENT}: {{lot_amount: 0.4}}}}",
            [],
        ),
        (
            f"instruments: {{{INSTRUMENT}: {{lot_amount: 0.2}}}}",
            f"instruments: {{{INSTRUMENT}: {{lot_amount: 0.3}}}}",
            [f"instrument {INSTRUMENT}: lot_amount 0.2 -> 0.3"],
        ),
    ],
)
def test_what_lets_more_through_is_found_wherever_it_comes_from(
    before: str, after: str, loosened: list[str]
) -> None:
    found = loosened_by(document(before), document(after))
    assert [str(change) for change in found] == loosened


def test_changes_are_told_in_the_order_of_the_scopes() -> None:
    after = document(SCOPES.replace("9000", "9500").replace("{max_notional_usd: 4000}", "{}"))
    assert [str(one) for one in changes_of(document(SCOPES), after)] == [
        "hard: max_notional_usd 9000 -> 9500",
        "portfolio plain: max_notional_usd 4000 -> none",
    ]
    assert changes_of(after, after) == []
