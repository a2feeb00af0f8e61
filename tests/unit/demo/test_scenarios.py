"""Every request of the demo must be one the gateway takes: what goes wrong, goes wrong later."""

import json
from collections import Counter
from fnmatch import fnmatchcase

import pytest

from actors.planner.settings import PlannerSettings
from tradewind.contracts.intents.model import Intent
from tradewind.errors import ConfigurationError
from tradewind.operations.demo.scenarios import (
    ON_CHAIN,
    ON_PAPER,
    WITHOUT_CHAIN,
    Scenario,
    mix,
    scenarios_for,
)
from tradewind.trading.tokens import load_tokens

SCENARIOS = (*ON_PAPER, *WITHOUT_CHAIN, *ON_CHAIN)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_body_is_a_well_formed_intent(scenario: Scenario) -> None:
    body = scenario.body(load_tokens(), "ethereum")

    intent = Intent.model_validate_json(json.dumps(body))

    assert (intent.base.symbol, intent.quote.symbol) == (scenario.base, scenario.quote)


def test_a_token_file_without_the_tokens_of_the_demo_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="WETH on solana"):
        SCENARIOS[0].body(load_tokens(), "solana")


def test_the_scenarios_take_turns() -> None:
    counts = Counter(scenario.name for scenario in mix(SCENARIOS, 2 * len(SCENARIOS)))

    assert set(counts.values()) == {2}
    assert len(counts) == len(SCENARIOS)


def test_without_a_chain_nothing_is_swapped_on_one() -> None:
    for swaps in (False, True):
        assert {one.venue for one in scenarios_for("simulated", swaps=swaps)} == {"simulated"}


def test_beside_a_chain_there_are_real_swaps_of_both_kinds_only_where_they_are_wanted() -> None:
    on_paper = scenarios_for("uniswap_v3", swaps=False)
    wanted = scenarios_for("uniswap_v3", swaps=True)

    assert {one.venue for one in on_paper} == {"simulated"}
    real = [one for one in wanted if one.venue == "uniswap_v3"]
    assert {one.intent_type for one in real} == {"acquire", "dispose"}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_strategy_trades_where_its_scenario_says(scenario: Scenario) -> None:
    patterns = PlannerSettings.model_fields["paper_strategies"].default.split(",")
    is_paper = any(fnmatchcase(scenario.strategy_id, pattern) for pattern in patterns)
    assert is_paper == (scenario.venue == "simulated")
