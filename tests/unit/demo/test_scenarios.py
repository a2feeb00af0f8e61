"""Every request of the demo must be one the gateway takes: what goes wrong, goes wrong later."""

import json
from collections import Counter

import pytest

from tradewind.contracts.intents import Intent
from tradewind.demo.scenarios import SCENARIOS, Scenario, mix
from tradewind.errors import ConfigurationError
from tradewind.tokens import load_tokens


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_body_is_a_well_formed_intent(scenario: Scenario) -> None:
    body = scenario.body(load_tokens(), "ethereum")

    intent = Intent.model_validate_json(json.dumps(body))

    assert (intent.base.symbol, intent.quote.symbol) == (scenario.base, scenario.quote)


def test_a_token_file_without_the_tokens_of_the_demo_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="WETH on solana"):
        SCENARIOS[0].body(load_tokens(), "solana")


def test_the_scenarios_take_turns() -> None:
    counts = Counter(scenario.name for scenario in mix(2 * len(SCENARIOS)))

    assert set(counts.values()) == {2}
    assert len(counts) == len(SCENARIOS)
