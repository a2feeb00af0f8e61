"""Size, rate and funds say what OpenPit says, an engine of pre-trade checks that others wrote.

It keeps its state in one process, which is why it judges nothing here but our RULES.
"""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import openpit
from hypothesis import given
from hypothesis import strategies as st
from openpit.param import AccountId, PositionSize, Price, Quantity, Side, TradeAmount, Volume
from openpit.pretrade import policies

from actors.portfolio.judgement import Judgement
from actors.risk.decide import decide
from actors.risk.screening import Prices
from tests.support.factories import NOW, submitted
from tests.support.limits import RISK_LIMITS
from tests.support.policies import RULES, book, judgement, position
from tradewind.contracts.risk.limits import RiskLimits
from tradewind.trading.policy.findings import Rule
from tradewind.trading.pricing.pools.price_quote import PriceQuote

ACCOUNT = AccountId.from_int(1)
PRICE_USD = Decimal(2_000)
MINUTE = timedelta(seconds=60)

amounts = st.decimals(Decimal("0.01"), Decimal(4), places=2)
sides = st.sampled_from(("acquire", "dispose"))


class OpenPit:
    """An engine with one policy, asked order by order; what it lets through stays reserved."""

    def __init__(self, policy: Any) -> None:
        self._engine = openpit.Engine.builder().no_sync().builtin(policy).build()

    def holds(self, asset: str, amount: Decimal) -> None:
        """Give the account an asset."""
        adjustment = openpit.AccountAdjustment(
            operation=openpit.AccountAdjustmentBalanceOperation(asset=asset),
            amount=openpit.AccountAdjustmentAmount(
                balance=openpit.AdjustmentAmount.absolute(PositionSize(f"{amount:f}"))
            ),
        )
        assert self._engine.apply_account_adjustment(ACCOUNT, [adjustment]).ok

    def approves(self, amount: Decimal, side: str = "acquire") -> bool:
        """Return whether an order for WETH at PRICE_USD passes."""
        order = openpit.Order(
            operation=openpit.OrderOperation(
                instrument=openpit.Instrument("WETH", "USDC"),
                account_id=ACCOUNT,
                side=Side.BUY if side == "acquire" else Side.SELL,
                trade_amount=TradeAmount.quantity(f"{amount:f}"),
                price=Price(f"{PRICE_USD:f}"),
            ),
        )
        result = self._engine.execute_pre_trade(order=order)
        if result.ok:
            result.reservation.commit()
        return bool(result.ok)


def passes(facts: Judgement, *asked: Rule[Judgement]) -> bool:
    found = (rule(facts) for rule in asked)
    return all(one is None or one.check.passed for one in found)


@given(amounts, st.integers(1, 4), st.integers(1_000, 9_000))
def test_the_size_of_an_order(amount: Decimal, most: int, most_usd: int) -> None:
    limit = policies.OrderSizeLimit(
        max_quantity=Quantity(str(most)), max_notional=Volume(str(most_usd))
    )
    barrier = policies.OrderSizeBrokerBarrier(limit=limit)
    oracle = OpenPit(policies.build_order_size_limit().broker_barrier(barrier))
    ours: RiskLimits = RISK_LIMITS.model_copy(
        update={"max_order_amount": Decimal(most), "max_notional_usd": Decimal(most_usd)}
    )
    prices = Prices(PriceQuote(PRICE_USD, 17, NOW), PriceQuote(Decimal(1), 17, NOW))
    (follow,) = decide(submitted(amount=amount), prices, ours, NOW)
    assert (follow.topic == "risk.screened") is oracle.approves(amount)


@given(st.integers(0, 6), st.integers(1, 12))
def test_the_rate_of_orders(most: int, orders: int) -> None:
    limit = policies.RateLimit(max_orders=most, window=MINUTE)
    barrier = policies.RateLimitAccountBarrier(limit=limit, account_id=ACCOUNT)
    oracle = OpenPit(policies.build_rate_limit().account_barriers(barrier))
    approved = 0
    for _ in range(orders):
        stood = book(recent_intents=approved)
        ours = passes(judgement({"max_intents_per_minute": most}, stood), RULES.rate_limit)
        assert ours is oracle.approves(Decimal(1))
        approved += ours


@given(
    st.decimals(Decimal(0), Decimal(3), places=2),
    st.integers(0, 20_000),
    st.lists(st.tuples(amounts, sides), min_size=1, max_size=8),
)
def test_the_funds_of_orders_that_follow_each_other(
    weth: Decimal, usdc: int, orders: Iterable[tuple[Decimal, str]]
) -> None:
    oracle = OpenPit(policies.build_spot_funds())
    oracle.holds("WETH", weth)
    oracle.holds("USDC", Decimal(usdc))
    claimed = {"WETH": Decimal(0), "USDC": Decimal(0)}
    for amount, side in orders:
        stood = book(
            funded=True,
            positions=(
                position(quantity=_units(weth, 18), claimed=_units(claimed["WETH"], 18)),
                position("USDC", quantity=usdc * 10**6, claimed=_units(claimed["USDC"], 6)),
            ),
        )
        cost = amount * PRICE_USD
        facts = judgement({}, stood, intent_type=side, amount=amount, worst_usd=cost)
        ours = passes(facts, RULES.insufficient_funds, RULES.insufficient_position)
        assert ours is oracle.approves(amount, side)
        if ours:
            spent, paid = ("USDC", cost) if side == "acquire" else ("WETH", amount)
            claimed[spent] += paid


def _units(amount: Decimal, decimals: int) -> int:
    return int(amount.scaleb(decimals))
