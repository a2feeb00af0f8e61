"""What-if says of every order what risk's core says, and adds up what that changes."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError

from tradewind.contracts.risk.reasons import RiskRejectionReason as Reason
from tradewind.simulation.whatif import answer
from tradewind.simulation.whatif.answer import Filled, decide
from tradewind.simulation.whatif.changes import ChangedLimits
from tradewind.simulation.whatif.columns import DoesNotFit, profits_of, quotients
from tradewind.simulation.whatif.profit import PRICE_SCALE, Trade, profits
from tradewind.simulation.whatif.rows import (
    APPROVED,
    DECISION_FIELDS,
    FILL_FIELDS,
    REJECTED,
    RULES,
    SCREENED,
    UNKNOWN,
    WAITING,
    Names,
    Orders,
    decision_dtype,
    fill_dtype,
    mask_of,
    orders_of,
    reason_of,
)
from tradewind.trading.cores.judge import Order, OrderLimits, SeenPrice, judge

DAY_MS = 86_400_000
type Row = tuple[int, ...]
FAILED = {0: "", 1: "NOTIONAL_LIMIT", 2: "SLIPPAGE_LIMIT", 3: "DAILY_BUDGET", 4: "COOLDOWN"}
NAMES = Names({1: "demo"}, {1: "fund"}, {1: "ethereum-WETH-USDC"}, FAILED)


def row(**given_values: int) -> Row:
    values = {
        **dict.fromkeys(DECISION_FIELDS, UNKNOWN),
        "strategy": 1,
        "portfolio": 1,
        "instrument": 1,
        "failed": 0,
        "stage": 0,
        "verdict": SCREENED,
        "is_sale": 0,
        "amount_billionths": 10**9,
        "time_ms": 0,
        "notional_millionths": 100 * 10**6,
        "slippage_e18": 10**16,
    }
    values |= given_values
    return tuple(values[name] for name in DECISION_FIELDS)


def pair(number: int, *, verdict: int = APPROVED, failed: int = 0, **values: int) -> list[Row]:
    """Return the rows of an order that the instrument stage let through."""
    book = {
        name: values.pop(name)
        for name in list(values)
        if name
        in ("held_billionths", "day_notional_millionths", "equity_millionths", "peak_millionths")
    }
    opened = {"opened_seq": number, "time_ms": values.pop("time_ms", number)}
    return [
        row(**opened, global_seq=10 * number + 1, **values),
        row(**opened, global_seq=10 * number + 2, stage=1, verdict=verdict, failed=failed, **book),
    ]


def refused(number: int, failed: int, **values: int) -> list[Row]:
    return [
        row(
            opened_seq=number,
            time_ms=number,
            global_seq=10 * number + 1,
            verdict=REJECTED,
            failed=failed,
            **values,
        )
    ]


def orders(*groups: list[Row]) -> Orders:
    rows = np.array([one for group in groups for one in group], decision_dtype())
    return orders_of(rows, NAMES)


def fills(*rows: dict[str, int]) -> NDArray[Any]:
    return np.array([tuple(one[name] for name in FILL_FIELDS) for one in rows], fill_dtype())


@given(
    amounts=st.lists(st.integers(1, 10**12), min_size=1, max_size=8),
    price=st.integers(1, 10**10),
    slippages=st.lists(st.integers(0, 10**4), min_size=8, max_size=8),
    sales=st.lists(st.booleans(), min_size=8, max_size=8),
    limits=st.tuples(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**4)),
)
@settings(max_examples=40)
def test_orders_are_judged_as_by_the_core(
    amounts: list[int],
    price: int,
    slippages: list[int],
    sales: list[bool],
    limits: tuple[int, int, int],
) -> None:
    least, most = sorted(Decimal(one).scaleb(-6) for one in limits[:2])
    changed = ChangedLimits(
        max_notional_usd=most, min_notional_usd=least, max_slippage=Decimal(limits[2]).scaleb(-4)
    )
    rule_limits = OrderLimits(most, changed.max_slippage, least)
    groups, expected = [], []
    for number, (amount, slippage, is_sale) in enumerate(
        zip(amounts, slippages, sales, strict=False), start=1
    ):
        order = Order(
            is_sale,
            Decimal(amount).scaleb(-9),
            Decimal(slippage).scaleb(-4),
            SeenPrice(Decimal(price).scaleb(-6)),
        )
        verdict = judge(order, rule_limits)
        expected.append("" if verdict.reason is None else str(verdict.reason))
        groups.append(
            pair(
                number,
                amount_billionths=amount,
                notional_millionths=int((verdict.notional_usd or Decimal(0)).scaleb(6)),
                slippage_e18=slippage * 10**14,
                is_sale=int(is_sale),
            )
        )
    decided = decide(orders(*groups), changed)
    assert [reason_of(one) for one in decided.mask.tolist()] == expected


def test_rules_are_in_the_order_of_the_core() -> None:
    base = SeenPrice(Decimal(3), 9_000, 5_000)
    worst = Order(True, Decimal("0.5"), Decimal(1), base, None, False, (Decimal("0.3"),))
    limits = OrderLimits(
        Decimal(0), Decimal(0), Decimal(0), Decimal(0), Decimal(0), Decimal(1), Decimal(1), 1, 100
    )
    told = [str(one.rule) for one in judge(worst, limits).rulings]
    assert told == [str(one) for one in RULES if str(one) in told]
    assert len(told) > 7


def test_a_refusal_stays_where_another_rule_failed_too() -> None:
    changed = ChangedLimits(max_notional_usd=Decimal(10_000))
    found = decide(
        orders(refused(1, 1), refused(2, 2), pair(3, verdict=REJECTED, failed=4)), changed
    )
    assert [reason_of(one) for one in found.mask.tolist()] == ["", "SLIPPAGE_LIMIT", "COOLDOWN"]
    assert found.flips.tolist() == [0]
    assert [one.reason for one in answer.shown(found, NAMES, [0])] == ["NOTIONAL_LIMIT"]
    assert answer.by_rule(found) == {"NOTIONAL_LIMIT": 1}


def test_who_waits_or_was_not_decided_is_left_out() -> None:
    rows = [*pair(1, verdict=WAITING), row(opened_seq=2, global_seq=21, time_ms=2), *pair(3)]
    found = orders(rows)
    assert found.rows["opened_seq"].tolist() == [3]
    assert len(orders_of(np.zeros(0, decision_dtype()), NAMES)) == 0


def test_what_was_not_recorded_does_not_flip() -> None:
    found = decide(
        orders(pair(1, notional_millionths=UNKNOWN)), ChangedLimits(max_notional_usd=Decimal(1))
    )
    assert (found.flips.tolist(), found.unknown) == ([], 1)


def test_a_day_has_room_again_for_what_others_left() -> None:
    """Of three orders of 100 a day, 250 allow two; the third fits the next day."""
    days = [
        pair(1, day_notional_millionths=0),
        pair(2, day_notional_millionths=100 * 10**6),
        pair(3, day_notional_millionths=200 * 10**6),
        pair(4, time_ms=DAY_MS, day_notional_millionths=0),
    ]
    found = decide(orders(*days), ChangedLimits(max_daily_notional_usd=Decimal(250)))
    assert found.flips.tolist() == [2]
    tighter = ChangedLimits(max_daily_notional_usd=Decimal(250), max_notional_usd=Decimal(99))
    assert answer.by_rule(decide(orders(*days), tighter)) == {"NOTIONAL_LIMIT": 4}


def test_a_refused_purchase_leaves_room_for_the_next_one() -> None:
    changed = ChangedLimits(max_position_usd=Decimal(250), max_slippage=Decimal("0.02"))
    groups = [
        pair(1, slippage_e18=3 * 10**16, held_billionths=0),
        pair(2, held_billionths=10**9),
        pair(3, held_billionths=2 * 10**9),
        pair(4, held_billionths=3 * 10**9),
        pair(5, held_billionths=4 * 10**9, is_sale=1),
    ]
    found = decide(orders(*groups), changed)
    reasons = [reason_of(one) for one in found.mask.tolist()]
    assert reasons == ["SLIPPAGE_LIMIT", "", "", "POSITION_LIMIT", ""]


def test_a_fall_from_the_peak_stops_purchases_only() -> None:
    book = {"equity_millionths": 80 * 10**6, "peak_millionths": 100 * 10**6}
    groups = [
        pair(1, equity_millionths=95 * 10**6, peak_millionths=100 * 10**6),
        pair(2, **book),
        pair(3, is_sale=1, held_billionths=2 * 10**9, **book),
    ]
    found = decide(orders(*groups), ChangedLimits(max_drawdown=Decimal("0.1")))
    assert [reason_of(one) for one in found.mask.tolist()] == ["", "DRAWDOWN_LIMIT", ""]


def test_limits_that_are_those_of_the_record_change_nothing() -> None:
    groups = [
        refused(1, 1, notional_millionths=300 * 10**6),
        pair(2),
        pair(3, verdict=REJECTED, failed=3, day_notional_millionths=150 * 10**6),
    ]
    limits = ChangedLimits(max_notional_usd=Decimal(200), max_daily_notional_usd=Decimal(200))
    assert decide(orders(*groups), limits).flips.tolist() == []


def test_profit_follows_the_fills_that_would_have_been() -> None:
    """One bought at 100 and at 120, worth 90 at the end; without the second it loses less."""
    found = decide(
        orders(
            pair(1),
            pair(2, notional_millionths=120 * 10**6),
            pair(3, notional_millionths=90 * 10**6, verdict=REJECTED, failed=4, time_ms=DAY_MS),
        ),
        ChangedLimits(max_notional_usd=Decimal(110)),
    )
    bought = {"bought_billionths": 10**9}
    recorded = fills(
        {"opened_seq": 1, "global_seq": 15, "time_ms": 1, "paid_millionths": 100 * 10**6} | bought,
        {"opened_seq": 2, "global_seq": 25, "time_ms": 2, "paid_millionths": 120 * 10**6} | bought,
    )
    result = answer.total(found, recorded, {})
    assert (result.before, result.after) == (-40 * 10**6, -10 * 10**6)
    assert (result.drawdown_before, result.drawdown_after) == (60 * 10**6, 30 * 10**6)
    assert result.by_day == {1: 30 * 10**6}


def test_more_than_are_filled_exactly_are_like_the_mean_of_those() -> None:
    found = decide(
        orders(*(refused(number, 1) for number in range(1, 5))),
        ChangedLimits(max_notional_usd=Decimal(200)),
    )
    assert answer.sample(found.to_fill, 2).tolist() == [0, 3]
    made = answer.estimated(found, {0: Filled(10**9, 101 * 10**6), 3: None})
    assert made == {
        0: Filled(10**9, 101 * 10**6),
        1: Filled(10**9, 101 * 10**6),
        2: Filled(10**9, 101 * 10**6),
    }


def test_a_curve_knows_its_deepest_fall() -> None:
    def at(time_ms: int, bought: int, paid: int, price: int) -> Trade:
        return time_ms, 1, bought, paid, price * PRICE_SCALE, True, False

    steps = [at(0, 10**9, 100 * 10**6, 100), at(1, 0, 0, 150), at(2, 0, 0, 60), at(3, 0, 0, 90)]
    result = profits(steps)
    assert (result.before, result.drawdown_before) == (-10 * 10**6, 90 * 10**6)
    assert (result.after, result.drawdown_after) == (0, 0)


def test_reasons_that_are_no_rules_any_more_are_kept() -> None:
    assert reason_of(mask_of("GONE")) == "OTHER"
    assert reason_of(mask_of("COOLDOWN,NOTIONAL_LIMIT")) == Reason.NOTIONAL_LIMIT


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"max_slippage": "1.1"},
        {"max_notional_usd": "-1"},
        {"max_notional_usd": "0.0000001"},
        {"min_notional_usd": "2", "max_notional_usd": "1"},
        {"max_leverage": "2"},
    ],
)
def test_limits_that_are_none_are_refused(limits: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        ChangedLimits.model_validate(limits)


BIG = st.integers(-(2**63) + 1, 2**63 - 1)
SOME = st.one_of(st.integers(-(10**13), 10**13), BIG)


@given(factors=st.lists(st.tuples(SOME, SOME, st.integers(1, 2**62)), min_size=1, max_size=20))
@settings(max_examples=30)
def test_quotients_are_exact_or_refused(factors: list[tuple[int, int, int]]) -> None:
    columns = [np.array(one, np.int64) for one in zip(*factors, strict=True)]
    try:
        found = quotients(*columns).tolist()
    except DoesNotFit:
        assert max(abs(one * other) for one, other, _ in factors) > 10**17
    else:
        assert found == [one * other // by for one, other, by in factors]


@st.composite
def told(draw: st.DrawFn) -> tuple[answer.Decided, NDArray[Any], dict[int, Filled]]:
    """Return decided orders of two instruments, fills of some, and fills made for others."""
    amounts = st.integers(0, draw(st.sampled_from((10**6, 10**15, 10**18))))
    groups, recorded = [], []
    for number in range(1, draw(st.integers(1, 8))):
        values = {
            "instrument": draw(st.integers(1, 2)),
            "amount_billionths": draw(amounts),
            "notional_millionths": draw(amounts),
            "quote_price_millionths": draw(st.sampled_from((UNKNOWN, 10**6, 999_983))),
            "is_sale": draw(st.integers(0, 1)),
            "time_ms": draw(st.integers(0, 3)) * DAY_MS,
        }
        is_refused = draw(st.booleans())
        groups.append(pair(number, verdict=REJECTED, failed=3, **values) if is_refused else
                      pair(number, **values))  # fmt: skip
        sign = -1 if values["is_sale"] else 1
        recorded += [
            {
                "opened_seq": number, "global_seq": 10 * number + 3,
                "time_ms": values["time_ms"] + draw(st.integers(0, DAY_MS)),
                "bought_billionths": sign * draw(amounts), "paid_millionths": sign * draw(amounts),
            }
            for _ in range(0 if is_refused else draw(st.integers(0, 2)))
        ]  # fmt: skip
    changed = ChangedLimits(max_daily_notional_usd=Decimal(draw(st.integers(0, 10**9))))
    decided = decide(orders(*groups), changed)
    return decided, fills(*recorded), answer.estimated(decided, {})


@given(told=told())
@settings(max_examples=60)
def test_columns_come_to_what_trades_come_to(
    told: tuple[answer.Decided, NDArray[Any], dict[int, Filled]],
) -> None:
    expected = profits(answer.trades_one_by_one(*told))
    assert answer.total(*told) == expected
    try:
        assert profits_of(answer.trades_in_columns(*told)) == expected
    except DoesNotFit:
        numbers = [told[1][name] for name in ("bought_billionths", "paid_millionths")]
        amounts = [
            told[0].orders.rows[name] for name in ("amount_billionths", "notional_millionths")
        ]
        assert max(abs(one).max(initial=0) for one in (*numbers, *amounts)) > 10**8
