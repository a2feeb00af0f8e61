"""Whether an answer makes sense: each limit exactly at its edge, for both sides of the market."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.evaluator.output_checks import check
from tests.unit.evaluator.answers import CLOSE, LONG, SHORT, said, text_with
from tradewind.contracts.decisions.model import VERDICTS, Answer, DecisionStatus, Verdict
from tradewind.trading.prompts.plausibility import AllowedActions

FREE_LONG = replace(LONG, liquidation_price=None)
NUMBER = 123454321
"""Its digits are replaced by what is tried, exactly as it is written."""


def detail_of(allowed: AllowedActions, number: str = "", **fields: Any) -> str | None:
    """Return what is implausible; None for a good answer."""
    checked = check(said(text_with(**fields).replace(b"123454321", number.encode())), allowed)
    if isinstance(checked, Answer):
        return None
    assert checked.status is DecisionStatus.IMPLAUSIBLE
    return checked.detail


def stop(method: str) -> dict[str, Any]:
    field = {"fixed": "stop_level", "atr": "atr_multiple", "trailing": "trail_pct"}[method]
    return {"risk_plan": {"stop_method": method, "atr_multiple": None, field: NUMBER}}


@pytest.mark.parametrize(
    ("allowed", "method", "good", "bad"),
    [
        (LONG, "fixed", "1995 1995.0 1901 19.005e2", "1995.01 2000 2005 1900 1899 0 -1 -1e300"),
        (SHORT, "fixed", "2005 2099.99", "2004.99 2000 1995 2100 2101 1e300"),
        (FREE_LONG, "fixed", "1800", "1799.99"),
        (FREE_LONG, "atr", "0.25 2.5 10 1e1", "0.2499 10.0001 0 -2 1e-320"),
        (LONG, "atr", "4.99", "5 5.01"),
        (SHORT, "atr", "4.99", "5 10"),
        (FREE_LONG, "trailing", "0.25 10", "0.2499 10.01 0 -1 100"),
        (LONG, "trailing", "4.99", "5"),
        (LONG, "fixed", f"1950.{'1' * 18}", f"1950.{'1' * 19} null"),
    ],
)
def test_a_stop_is_on_the_losing_side_within_reach_and_before_the_liquidation(
    allowed: AllowedActions, method: str, good: str, bad: str
) -> None:
    refused = [one for one in good.split() if detail_of(allowed, one, **stop(method))]
    taken = [one for one in bad.split() if not detail_of(allowed, one, **stop(method))]
    assert (refused, taken) == ([], [])


def test_a_stop_is_never_below_nothing() -> None:
    cheap = replace(FREE_LONG, price=Decimal(100))
    assert detail_of(cheap, "4.9", **stop("atr")) is None
    assert "above 0" in str(detail_of(cheap, "5", **stop("atr")))


def test_a_limit_waits_for_a_better_price_and_its_stop_is_measured_from_there() -> None:
    plan = {"entry_plan": {"type": "limit", "offset_bps": 50}}
    assert detail_of(LONG, "1985", **plan, **stop("fixed")) is None
    assert detail_of(LONG, "1986", **plan, **stop("fixed")) is not None
    assert detail_of(SHORT, "2015", **plan, **stop("fixed")) is None
    assert detail_of(SHORT, "2014", **plan, **stop("fixed")) is not None


@pytest.mark.parametrize(
    ("offset_bps", "is_good"), [(100, True), (101, False), (-100, True), (-101, False)]
)
def test_an_entry_is_not_far_from_the_market(offset_bps: int, is_good: bool) -> None:
    detail = detail_of(LONG, entry_plan={"offset_bps": offset_bps})
    assert (detail is None) is is_good


@pytest.mark.parametrize("decision", Verdict)
@pytest.mark.parametrize("allowed", [LONG, SHORT, CLOSE], ids=["long", "short", "close"])
def test_only_what_the_type_of_signal_allows_is_decided(
    allowed: AllowedActions, decision: Verdict
) -> None:
    detail = detail_of(allowed, decision=decision)
    assert (detail is None) is (decision in VERDICTS[allowed.event_type])


@pytest.mark.parametrize("atr", [None, Decimal(0)])
def test_without_an_atr_nothing_that_needs_a_stop_is_allowed(atr: Decimal | None) -> None:
    assert replace(LONG, atr=atr).decisions == (Verdict.IGNORE,)
    assert replace(CLOSE, atr=atr).decisions == (Verdict.FOLLOW_EXIT, Verdict.HOLD)
    assert "not allowed" in str(detail_of(replace(LONG, atr=atr)))


@pytest.mark.parametrize("decision", ["IGNORE", "FOLLOW_EXIT", "HOLD"])
def test_plans_that_nobody_needs_are_dropped_whatever_they_say(decision: str) -> None:
    plans = {"entry_plan": {"offset_bps": 9_999}, **stop("fixed")}
    checked = check(
        said(text_with(decision=decision, **plans)), LONG if decision == "IGNORE" else CLOSE
    )
    assert isinstance(checked, Answer)
    assert checked.entry_plan is None
    assert checked.risk_plan is None


def test_a_tightened_stop_is_checked() -> None:
    assert detail_of(CLOSE, "1990", decision="TIGHTEN_STOP", **stop("fixed")) is None
    assert detail_of(CLOSE, "2010", decision="TIGHTEN_STOP", **stop("fixed")) is not None


def test_an_empty_note_is_none() -> None:
    checked = check(said(text_with(note="")), LONG)
    assert isinstance(checked, Answer)
    assert checked.note is None


@given(
    st.integers(1, 10**9),
    st.integers(1, 500),
    st.integers(-200, 1_500),
    st.booleans(),
)
def test_long_and_short_are_mirrored(
    price: int, atr_bps: int, hundredths: int, is_long: bool
) -> None:
    atr = Decimal(price) * atr_bps / 10_000
    distance = atr * hundredths / 100
    level = price - distance if is_long else price + distance
    allowed = replace(FREE_LONG, is_long=is_long, price=Decimal(price), atr=atr)
    detail = detail_of(allowed, format(level, "f"), **stop("fixed"))
    assert (detail is None) is (25 <= hundredths <= 1_000)
