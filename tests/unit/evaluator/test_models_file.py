"""models.yaml: what it takes, and what it says of what it does not take."""

from pathlib import Path

import pytest

from tradewind.errors import ConfigurationError
from tradewind.trading.models.file import (
    DEFAULT,
    Price,
    Tokens,
    configured_models,
    parse_models,
)

FILE = b"""
models:
  - name: baseline
    vendor: baseline
    role: voting
  - name: nano
    vendor: openai
    vendor_model: some-nano
    role: shadow
    prompt: v1
    timeout_ms: 2500
    max_output_tokens: 1000
    temperature: 0
    price: {input: 50000, cached_input: 5000, output: 400000}
    budget: {microusd_per_day: 2000000, calls_per_day: 5000}
  - name: local
    vendor: openai_compatible
    vendor_model: smol
    role: shadow
    base_url: http://127.0.0.1:8089/v1
"""


def test_a_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "models.yaml"
    path.write_bytes(FILE)
    baseline, nano, local = configured_models(path).models
    assert (baseline.is_baseline, baseline.key_setting) == (True, None)
    assert (nano.key_setting, local.key_setting) == ("openai_api_key", "compatible_api_key")
    assert (nano.temperature, nano.timeout_ms, nano.max_calls_at_once) == (0.0, 2_500, 8)
    # 3,000 bytes are 3,000 tokens at most: 150 + 400.
    assert nano.reserved_microusd(3_000) == 550
    assert local.reserved_microusd(3_000) == 0
    assert configured_models(None) == DEFAULT


@pytest.mark.parametrize(
    ("tokens", "cost"),
    [
        (Tokens(1_000, 100), 50 + 40),
        (Tokens(1_000, 100, 800), 10 + 4 + 40),
        (Tokens(1, 0), 1),
        (Tokens(1_000, 100, 5_000), 5 + 40),
        (Tokens(None, 100), None),
    ],
)
def test_a_call_costs_what_its_tokens_cost(tokens: Tokens, cost: int | None) -> None:
    price = Price(input=50_000, cached_input=5_000, output=400_000)
    assert price.cost_microusd(tokens) == cost


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("name: nano", "name: baseline", "models: baseline is there twice"),
        ("role: voting", "role: shadow", "at least one has to be voting"),
        ("vendor: openai\n", "vendor: openia\n", "models.1.vendor: Input should be 'baseline'"),
        ("    vendor_model: some-nano\n", "", "vendor_model: say which model of openai"),
        ("    base_url: http://127.0.0.1:8089/v1\n", "", "base_url: say where"),
        ("http://127.0.0.1:8089/v1", "file:///etc/passwd", "models.2.base_url: String should"),
        ("timeout_ms: 2500", "timeout_ms: 60000", "models.1.timeout_ms: Input should be less"),
        ("timeout_ms: 2500", "timeout: 2500", "models.1.timeout: Extra inputs"),
        ("    price: {input: 50000, cached_input: 5000, output: 400000}\n", "", "price: a budget"),
        (
            "    vendor: baseline\n",
            "    vendor: baseline\n    base_url: http://x\n",
            "base_url: ba",
        ),
        ("prompt: v1", "api_key: sk-1234", "models.1.api_key: Input should be 'openai_api_key'"),
        ("models:", "models: &a", "anchors and aliases"),
        ("models:", "model:", "models: Field required"),
    ],
)
def test_a_wrong_file_is_refused_with_field_and_reason(old: str, new: str, says: str) -> None:
    text = FILE.decode()
    assert old in text
    with pytest.raises(ConfigurationError, match=r"^TRADEWIND_MODELS_FILE: ") as refused:
        parse_models(text.replace(old, new).encode())
    assert says in str(refused.value)
    assert "sk-1234" not in str(refused.value)
