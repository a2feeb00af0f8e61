"""Every request of the demo must be one the gateway takes: what goes wrong, goes wrong later."""

import json
from collections import Counter
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

import pytest

from actors.planner.settings import PlannerSettings
from tradewind.contracts.intents.model import Intent
from tradewind.errors import ConfigurationError
from tradewind.operations.cli.demo import Wanted
from tradewind.operations.demo.platform_client import Place, PlatformClient
from tradewind.operations.demo.scenarios import (
    ON_CHAIN,
    ON_PAPER,
    WITHOUT_CHAIN,
    Scenario,
    mix,
    scenarios_for,
)
from tradewind.operations.embedded.devchain.anvil_server import CHAIN_ID
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


@pytest.mark.parametrize(
    ("place", "swaps", "expected"),
    [
        (Place("uniswap_v3", is_development=True), None, (*ON_CHAIN, *ON_PAPER)),
        (Place("uniswap_v3", is_development=True), False, ON_PAPER),
        (Place("uniswap_v3", is_development=False), None, ON_PAPER),
        (Place("simulated", is_development=False), None, (*ON_PAPER, *WITHOUT_CHAIN)),
    ],
)
def test_what_is_sent_is_what_the_platform_can_do(
    place: Place, swaps: bool | None, expected: tuple[Scenario, ...]
) -> None:
    assert set(Wanted(None, 1.0, swaps).scenarios(place)) == set(expected)
    assert len(Wanted(5, 1.0, swaps).scenarios(place)) == 5


@pytest.mark.parametrize(
    ("venue", "chain_id", "expected"),
    [
        ("uniswap_v3", CHAIN_ID, Place("uniswap_v3", is_development=True)),
        ("uniswap_v3", 1, Place("uniswap_v3", is_development=False)),
        ("simulated", None, Place("simulated", is_development=False)),
    ],
)
async def test_the_platform_says_where_it_executes(
    venue: str, chain_id: int | None, expected: Place
) -> None:
    names = ("simulated", "uniswap_v3")
    venues = [SimpleNamespace(name=name, is_default=name == venue) for name in names]
    shown = SimpleNamespace(venues=venues, chain_id=chain_id)
    client: Any = SimpleNamespace(platform=SimpleNamespace(show=AsyncMock(return_value=shown)))
    assert await PlatformClient(client, client).place() == expected
