"""What the evaluator refuses to start with, what it shows, and that no key is in what it says."""

import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr

from actors.evaluator.configured import configured
from actors.evaluator.metrics import show_budgets
from actors.evaluator.ports import connection_of
from actors.evaluator.settings import ModelKeySettings
from tradewind.errors import ConfigurationError
from tradewind.trading.evaluations.records import DayOfModel
from tradewind.trading.models.file import ModelEntry, parse_models

KEY = "sk-canary-0123456789"
FILE = b"""
models:
  - {name: baseline, vendor: baseline, role: voting}
  - name: nano
    vendor: openai
    vendor_model: some-nano
    role: shadow
    price: {input: 1, output: 1}
    budget: {microusd_per_day: 1000, calls_per_day: 10}
  - {name: local, vendor: openai_compatible, vendor_model: smol, role: shadow, base_url: "http://x/v1"}
"""
BASELINE, NANO, LOCAL = parse_models(FILE).models


def test_a_key_comes_from_its_setting_and_is_shown_nowhere() -> None:
    settings = ModelKeySettings(openai_api_key=SecretStr(KEY))
    connection = connection_of(NANO, settings)
    assert connection.api_key is not None
    assert connection.api_key.get_secret_value() == KEY
    assert KEY not in repr(connection) + repr(settings)


def test_a_model_without_its_key_is_refused_with_the_name_of_the_setting() -> None:
    with pytest.raises(ConfigurationError, match="nano needs a key: set TRADEWIND_OPENAI_API_KEY"):
        connection_of(NANO, ModelKeySettings())
    assert connection_of(LOCAL, ModelKeySettings()).api_key is None
    named = LOCAL.model_copy(update={"api_key": "compatible_api_key"})
    with pytest.raises(ConfigurationError, match="set TRADEWIND_COMPATIBLE_API_KEY"):
        connection_of(named, ModelKeySettings())


@pytest.mark.parametrize("entry", [BASELINE, NANO])
def test_a_version_that_was_never_released_is_refused(entry: ModelEntry) -> None:
    unknown = entry.model_copy(update={"prompt": "v99"})
    with pytest.raises(ConfigurationError, match=r"v99|baseline@99"):
        configured([unknown])


@pytest.mark.parametrize(
    ("spent", "left"),
    [
        ([], {"calls": 10, "microusd": 1_000}),
        ([DayOfModel("nano", 4, 100, 50, 10, 1_000)], {"calls": 6, "microusd": 850}),
        ([DayOfModel("nano", 40, 5_000, 0, 40, None)], {"calls": 0, "microusd": 0}),
    ],
)
def test_what_is_left_is_shown_by_the_limits_of_now(
    spent: list[DayOfModel], left: dict[str, int]
) -> None:
    show_budgets([BASELINE, NANO, LOCAL], spent)
    name = "tradewind_model_budget_remaining"
    for kind, value in left.items():
        assert REGISTRY.get_sample_value(name, {"model": "nano", "kind": kind}) == value
        for model in ("baseline", "local"):
            assert REGISTRY.get_sample_value(name, {"model": model, "kind": kind}) is None
