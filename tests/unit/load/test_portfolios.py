"""The load test's portfolios get every kind of intent, and limits that can be put into force."""

from loadtest.load.portfolios import LIMITS, PORTFOLIOS, portfolio_of
from loadtest.load.settling import OPEN_STATES
from tests.support.requests import intent_mix
from tradewind.contracts.intents.lifecycle import INTENT
from tradewind.trading.policy.policy_file import read_policy

NUMBERS = range(100)


def kind(number: int) -> str:
    return str(intent_mix(number, "load") | {"amount": ""})


def test_every_portfolio_gets_every_kind_of_intent() -> None:
    kinds = {kind(number) for number in NUMBERS}
    assert len(kinds) > 1
    assert len({(portfolio_of(number), kind(number)) for number in NUMBERS}) == (
        len(kinds) * PORTFOLIOS
    )


def test_limits_are_a_policy_of_portfolios_that_there_are() -> None:
    policy = read_policy(LIMITS)
    assert policy.portfolios.keys() <= {portfolio_of(number) for number in NUMBERS}


def test_an_intent_is_waited_for_in_every_state_that_is_no_end() -> None:
    assert set(OPEN_STATES) == {str(one) for one in INTENT.states.keys() - INTENT.terminal}
