"""Rules that say nothing under some limits may be left out, and nothing else may."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.trading.cores.judge import Order, OrderLimits, SeenPrice, judge, rules_in_force

amounts = st.decimals(Decimal("0.01"), Decimal(10), places=2)
dollars = st.decimals(Decimal(1), Decimal(10_000), places=2)
fractions = st.decimals(0, Decimal("0.1"), places=4)
prices = st.builds(SeenPrice, dollars, st.integers(0, 90_000), st.none() | st.integers(0, 300))
orders = st.builds(
    Order,
    st.booleans(),
    amounts,
    fractions,
    st.none() | prices,
    st.none() | prices,
    st.booleans(),
    st.lists(dollars, max_size=3).map(tuple),
)
limits = st.builds(
    OrderLimits,
    st.none() | dollars,
    st.none() | fractions,
    st.none() | dollars,
    st.none() | amounts,
    st.none() | amounts,
    st.none() | amounts,
    st.none() | amounts,
    st.none() | st.integers(0, 90),
    st.none() | st.integers(0, 300),
    st.sampled_from([None, "unknown", "disabled", "reduce_only"]),
)


@settings(max_examples=150)
@given(orders, limits)
def test_rules_in_force_say_all_there_is_to_say(order: Order, limits: OrderLimits) -> None:
    verdict = judge(order, limits)
    assert judge(order, limits, rules_in_force(limits)) == verdict
    failed = [one.rule for one in verdict.rulings if not one.is_passed]
    assert verdict.reason == (failed[0] if failed else None)


def test_without_limits_only_a_price_is_asked_for() -> None:
    order = Order(False, Decimal(1), Decimal(1), None)
    assert judge(order, OrderLimits()).reason == "PRICE_UNAVAILABLE"
    priced = order._replace(base=SeenPrice(Decimal("0.1234567")))
    verdict = judge(priced, OrderLimits())
    assert (verdict.reason, verdict.notional_usd) == (None, Decimal("0.123457"))
