"""The file of sources and policies: what it may say, and what it says of what it may not."""

import json
from pathlib import Path

import pytest

from tradewind.contracts.decisions.payloads import Mode
from tradewind.errors import ConfigurationError
from tradewind.trading.signal_policy.file import load_signal_policies
from tradewind.trading.signal_policy.model import UNREGISTERED, Policy, SourcePolicy

SOURCES = "sources: {web: {strategy_id: alpha}}\n"


def written(directory: Path, text: str) -> Path:
    path = directory / "policy.yaml"
    path.write_text(text)
    return path


def test_the_built_in_file_only_observes() -> None:
    policies = load_signal_policies()
    assert {"tradingview", "research", "manual"} <= policies.sources.keys()
    assert {one.mode for one in policies.sources.values()} == {Mode.OBSERVE}
    for name, source in policies.sources.items():
        found = policies.of_source(name)
        assert found.policy == policies.policies[source.policy]


def test_a_file_is_resolved_by_source(tmp_path: Path) -> None:
    text = (
        "sources:\n  web: {strategy_id: alpha, mode: auto, policy: bold, max_notional_usd: 50}\n"
        "policies:\n  bold: {threshold: 0.4, weights: {baseline: 0.5}, calibrated: true}\n"
    )
    policies = load_signal_policies(written(tmp_path, text))
    found = policies.of_source("web")
    assert (found.mode, found.policy_id, str(found.max_notional_usd)) == (Mode.AUTO, "bold", "50")
    assert str(found.policy.weight_of("baseline")) == "0.5"
    assert found.policy.weight_of("other") == 1
    canonical = found.canonical_json()
    assert SourcePolicy.model_validate_json(canonical) == found
    assert json.dumps(json.loads(canonical), sort_keys=True, separators=(",", ":")) == canonical
    again = load_signal_policies(written(tmp_path, "# spaced otherwise\n" + text)).of_source("web")
    assert again.sha256() == found.sha256()
    other = text.replace("0.4", "0.41")
    assert (
        load_signal_policies(written(tmp_path, other)).of_source("web").sha256() != found.sha256()
    )


def test_a_source_that_is_gone_is_observed() -> None:
    found = load_signal_policies().of_source("gone")
    assert (found.mode, found.policy_id, found.policy) == (Mode.OBSERVE, UNREGISTERED, Policy())


@pytest.mark.parametrize(
    ("text", "field", "limit"),
    [
        (SOURCES, "policies", "required"),
        ("policies: {default: {}}", "sources", "required"),
        ("sources: {}\npolicies: {default: {}}", "sources", "at least 1"),
        ("sources: {Web: {strategy_id: a}}\npolicies: {default: {}}", "sources.Web", "pattern"),
        (
            "sources: {web: {strategy_id: a, mode: go}}\npolicies: {default: {}}",
            "mode",
            "'observe'",
        ),
        ("sources: {web: {strategy_id: a, policy: b}}\npolicies: {default: {}}", "web.policy", "b"),
        (SOURCES + "policies: {default: {quorum: 1.01}}", "default.quorum", "between 0 and 1"),
        (SOURCES + "policies: {default: {minimum_voting: 9}}", "minimum_voting", "equal to 8"),
        (SOURCES + "policies: {default: {minimum_voting: x}}", "minimum_voting", "integer"),
        (SOURCES + "policies: {default: {weights: {a: -1}}}", "weights.a", "between 0 and 1000"),
        (SOURCES + "policies: {default: {max_notional_usd: 0}}", "max_notional_usd", "than 0"),
        (SOURCES + "policies: {default: {max_notional_usd: 1e9}}", "max_notional_usd", "decimal"),
        (SOURCES + "policies: {default: {time_window_seconds: 4}}", "time_window_seconds", "5"),
        (SOURCES + "policies: {default: {approval_seconds: 301}}", "approval_seconds", "300"),
        (SOURCES + "policies: {default: {slippage: {minimum: 0.02}}}", "slippage", "0.01"),
        (SOURCES + "policies: {default: {sise: 1}}", "policies.default.sise", "not permitted"),
        (SOURCES + "policies: {default: {}, unregistered: {}}", "policies.unregistered", "name"),
        (SOURCES + SOURCES, "sources", "twice"),
        ("- a", "body", "dictionary"),
        ("#" * 70_000, "larger", "65,536"),
    ],
)
def test_what_is_wrong_is_said_with_field_and_limit(
    tmp_path: Path, text: str, field: str, limit: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_signal_policies(written(tmp_path, text))
    said = str(refused.value)
    assert said.startswith("TRADEWIND_SIGNAL_POLICY_FILE: ")
    assert field in said
    assert limit in said


def test_the_largest_policy_fits_into_an_event() -> None:
    weights = {f"{number:02}{'m' * 46}": "999.123456789" for number in range(32)}
    policy = Policy.model_validate({"weights": weights}, strict=False)
    found = SourcePolicy(source="s" * 32, mode=Mode.AUTO, policy_id="p" * 48, policy=policy)
    assert len(found.canonical_json()) <= 8_192
