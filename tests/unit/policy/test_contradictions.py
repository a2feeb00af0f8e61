"""Limits that contradict each other are found where they hold, and named."""

from pathlib import Path

import pytest

from tests.support.policies import INSTRUMENT, document
from tradewind.trading.policy.contradictions import (
    PolicyContradictory,
    check_contradictions,
    contradictions_of,
)
from tradewind.trading.policy.policy_file import read_policy

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "risk.yaml"

CASES = {
    "the least of a portfolio above the most of all": (
        "{defaults: {max_notional_usd: 100}, portfolios: {fund: {min_notional_usd: 500}}}",
        "portfolio fund: min_notional_usd 500 (portfolio fund) is more than max_notional_usd 100 "
        "(defaults)",
    ),
    "the least of all above the hard most": (
        "{hard: {max_notional_usd: 100}, defaults: {min_notional_usd: 101}}",
        "defaults: min_notional_usd 101 (defaults) is more than max_notional_usd 100 (hard)",
    ),
    "a portfolio and an instrument that meet": (
        f"{{portfolios: {{fund: {{min_notional_usd: 500}}, other: {{min_notional_usd: 1}}}}, "
        f"instruments: {{{INSTRUMENT}: {{max_notional_usd: 100}}}}}}",
        f"portfolio fund, instrument {INSTRUMENT}: min_notional_usd 500 (portfolio fund) is more "
        f"than max_notional_usd 100 (instrument {INSTRUMENT})",
    ),
    "an exception against the instrument": (
        f"{{instruments: {{{INSTRUMENT}: {{max_order_amount: 1}}}}, portfolios: {{fund: "
        f"{{instruments: {{{INSTRUMENT}: {{min_order_amount: 2}}}}}}}}}}",
        f"portfolio fund, instrument {INSTRUMENT}: min_order_amount 2 (portfolio fund, instrument "
        f"{INSTRUMENT}) is more than max_order_amount 1 (instrument {INSTRUMENT})",
    ),
    "a lot above the most": (
        f"{{instruments: {{{INSTRUMENT}: {{lot_amount: 0.5, max_order_amount: 0.4}}}}}}",
        f"instrument {INSTRUMENT}: lot_amount 0.5 (instrument {INSTRUMENT}) is more than "
        f"max_order_amount 0.4 (instrument {INSTRUMENT})",
    ),
    "no multiple of a lot": (
        f"{{instruments: {{{INSTRUMENT}: "
        f"{{lot_amount: 2, min_order_amount: 5, max_order_amount: 5.5}}}}}}",
        f"instrument {INSTRUMENT}: lot_amount 2 (instrument {INSTRUMENT}) has no multiple between "
        f"min_order_amount 5 and max_order_amount 5.5 (instrument {INSTRUMENT})",
    ),
    "what the hard limit caps": (
        "{hard: {max_open_intents: 3}, portfolios: {fund: {max_open_intents: 4}}}",
        "portfolio fund: max_open_intents 4 (portfolio fund) can never be reached, because of "
        "max_open_intents 3 (hard)",
    ),
    "approval of more than an order may be worth": (
        "{defaults: {approval_above_usd: 100, max_notional_usd: 100}}",
        "defaults: approval_above_usd 100 (defaults) can never be passed, because of "
        "max_notional_usd 100 (defaults)",
    ),
    "approval that only a portfolio never asks for": (
        "{defaults: {max_notional_usd: 100}, portfolios: {fund: {approval_above_usd: 500}}}",
        "portfolio fund: approval_above_usd 500 (portfolio fund) can never be passed, because of "
        "max_notional_usd 100 (defaults)",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_contradiction_is_refused_by_its_fields(case: str) -> None:
    text, told = CASES[case]
    with pytest.raises(PolicyContradictory) as refused:
        check_contradictions(document(text))
    assert str(refused.value) == told


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{defaults: {min_notional_usd: 5, max_notional_usd: 5}}",
        # Nothing is let through, on purpose.
        "{defaults: {min_notional_usd: 5}, portfolios: {fund: {max_notional_usd: 0}}}",
        "{defaults: {max_notional_usd: 0, approval_above_usd: 100}}",
        # An exception for the two is in force, so what meets elsewhere does not meet there.
        f"{{portfolios: {{fund: {{min_notional_usd: 500, instruments: {{{INSTRUMENT}: "
        f"{{min_notional_usd: 1}}}}}}}}, "
        f"instruments: {{{INSTRUMENT}: {{max_notional_usd: 100}}}}}}",
        # The default is for the portfolio that may do more.
        "{defaults: {approval_above_usd: 500, max_notional_usd: 100}, "
        "portfolios: {fund: {max_notional_usd: 1000}}}",
        f"{{instruments: {{{INSTRUMENT}: "
        f"{{lot_amount: 2, min_order_amount: 5, max_order_amount: 6}}}}}}",
        # A tighter limit below a hard one is what scopes are for.
        "{hard: {max_notional_usd: 100}, defaults: {max_notional_usd: 10}}",
    ],
)
def test_what_can_be_kept_is_taken(text: str) -> None:
    check_contradictions(document(text))


def test_the_example_contradicts_nothing() -> None:
    check_contradictions(read_policy(EXAMPLE))


def test_many_are_told_a_few_at_a_time() -> None:
    portfolios = ", ".join(f"p{number}: {{min_notional_usd: 5}}" for number in range(9))
    text = f"{{defaults: {{max_notional_usd: 1}}, portfolios: {{{portfolios}}}}}"
    with pytest.raises(PolicyContradictory, match=r"; and more$") as refused:
        check_contradictions(document(text))
    assert len(str(refused.value)) < 1_000


def test_one_of_a_portfolio_is_told_once_however_many_instruments_there_are() -> None:
    instruments = ", ".join(f"ethereum-A{n}-USDC: {{lot_amount: 1}}" for n in range(50))
    text = (
        f"{{defaults: {{max_notional_usd: 1}}, instruments: {{{instruments}}}, "
        "portfolios: {fund: {min_notional_usd: 5}}}"
    )
    assert len(list(contradictions_of(document(text)))) == 1
