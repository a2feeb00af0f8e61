"""Risk policies in YAML: what is taken, what is refused, and the bytes a policy is named by."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.factories import NOW
from tests.support.policies import INSTRUMENT, document
from tradewind.contracts.envelope import parse_event
from tradewind.contracts.risk.limits import PolicyReference
from tradewind.contracts.risk.policy import PolicyDocument, canonical_json, content_of_policy
from tradewind.trading.policy.events import application_of, definition_of
from tradewind.trading.policy.policy_file import (
    MAX_FILE_BYTES,
    PolicyRefused,
    parse_policy,
    read_policy,
)

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "risk.yaml"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "a policy is a mapping of hard, defaults, portfolios and instruments"),
        ("- hard", "a policy is a mapping"),
        ("hard:", "hard: must be a mapping; leave it out where nothing is limited"),
        ("hrad: {}", "hrad: is no limit that may stand here"),
        ("hard: {max_notional: 5}", "hard.max_notional: is no limit that may stand here"),
        ("hard: {max_notional_usd: 1e5}", "hard.max_notional_usd: must be a plain decimal"),
        ("hard: {max_notional_usd: 0x10}", "hard.max_notional_usd: must be a plain decimal"),
        ("hard: {max_notional_usd: 10_000}", "hard.max_notional_usd: must be a plain decimal"),
        ("hard: {max_notional_usd: .nan}", "hard.max_notional_usd: must be a plain decimal"),
        ("hard: {max_notional_usd: -0.1}", "hard.max_notional_usd: must be greater than or equal"),
        ("hard: {max_notional_usd: 0.0000001}", "must have no more than 6 decimal places"),
        ("hard: {max_notional_usd: 1000000000000001}", "must be less than or equal to 1"),
        ("hard: {max_notional_usd: [1]}", "hard.max_notional_usd: must be a decimal string"),
        ("hard: {max_open_intents: 3.0}", "hard.max_open_intents: must be a whole number"),
        ("hard: {max_open_intents: 08}", "hard.max_open_intents: must be a whole number"),
        ("hard: {max_open_intents: true}", "hard.max_open_intents: must be a whole number"),
        ("hard: {max_open_intents: 1000001}", "must be less than or equal to 1000000"),
        ("hard: {max_slippage_bps: 10001}", "must be less than or equal to 10000"),
        ("hard: {price_collar_bps: 99}", "must be greater than or equal to 100"),
        ("hard: {short_allowed: yes}", "hard.short_allowed: must be true or false"),
        ("hard: {max_position_amount: 5}", "is no limit that may stand here"),
        ("portfolios: {fund: {max_total_position_usd: 5}}", "is no limit that may stand here"),
        (f"instruments: {{{INSTRUMENT}: {{max_open_intents: 5}}}}", "may stand here"),
        ("portfolios: {'a b': {}}", "must match pattern"),
        ("instruments: {WETH: {}}", "must match pattern"),
        ("portfolios: {fund: {instruments: {x: {}}}}", "must match pattern"),
        (f"instruments: {{{INSTRUMENT}: {{lot_amount: 0}}}}", "must be greater than 0"),
        ("hard: {min_notional_usd: 5, max_notional_usd: 4}", "min_notional_usd: is more than"),
        ("hard: {max_open_intents: 1, max_open_intents: 2}", "max_open_intents is there twice"),
        ("hard: &a {max_open_intents: 1}\ndefaults: *a", "anchors and aliases are not taken"),
        ("defaults: {<<: {max_open_intents: 1}}", "defaults.<<: is no limit"),
        ("hard: !!python/object:os.system {}", "tags are not taken"),
        ("hard: {}\n---\nhard: {}", "only one document is taken"),
        ("hard: {", "line 2"),
        ("hard: {max_notional_usd: \x07}", "character"),
    ],
)
def test_what_is_no_policy_is_refused_by_field(text: str, why: str) -> None:
    with pytest.raises(PolicyRefused) as refused:
        parse_policy(text.encode())
    assert why in str(refused.value)
    assert len(str(refused.value)) < 1_000


def test_many_mistakes_are_told_a_few_at_a_time() -> None:
    names = ", ".join(f"limit{number}: 1" for number in range(20))
    with pytest.raises(PolicyRefused, match=r"; and 15 more$"):
        parse_policy(f"hard: {{{names}}}".encode())


@pytest.mark.parametrize(
    "data",
    [
        b"hard: {max_open_intents: 1} #" + b" " * MAX_FILE_BYTES,
        b"[" * 40_000,
        b"{a: " * 10_000,
        b"hard: {max_open_intents: \xff}",
        "hard: {}".encode("utf-16"),
    ],
    ids=["size", "sequences", "mappings", "bytes", "utf-16"],
)
def test_hostile_bytes_are_refused_and_nothing_else(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(PolicyRefused):
        parse_policy(data)
    file = tmp_path / "risk.yaml"
    file.write_bytes(data)
    with pytest.raises(PolicyRefused):
        read_policy(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyRefused, match="cannot read"):
        read_policy(tmp_path / "none.yaml")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_policy_or_are_refused(data: bytes) -> None:
    try:
        parsed = parse_policy(data)
    except PolicyRefused:
        return
    assert PolicyDocument.model_validate_json(canonical_json(parsed)) == parsed


def test_equal_policies_have_one_name_however_they_are_written() -> None:
    one = document("hard: {max_notional_usd: 10000.50, max_open_intents: 3}")
    other = document(
        """
        hard:
          max_open_intents: '3'
          max_notional_usd: "10000.500000"
        portfolios: {}
        """
    )
    assert canonical_json(one) == (b'{"hard":{"max_notional_usd":"10000.5","max_open_intents":3}}')
    assert content_of_policy(one) == content_of_policy(other)
    assert content_of_policy(one) != content_of_policy(document("hard: {max_open_intents: 3}"))


def test_a_policy_is_one_event_whenever_it_is_applied() -> None:
    named = document("hard: {max_notional_usd: 10000}")
    event = definition_of(named)
    assert definition_of(document("hard: {max_notional_usd: 10000.0}")) == event
    assert event.correlation_id == f"system-{content_of_policy(named)}"
    read = parse_event(event.to_bytes())
    assert read.payload.limits == named
    assert content_of_policy(read.payload.limits) == content_of_policy(named)


def test_an_application_is_an_event_of_its_own() -> None:
    reference = PolicyReference(version=2, content="ab" * 32)
    loosened = [f"hard: max_notional_usd 1 -> {'9' * 500}"] * 200
    events = [application_of(reference, "alice", loosened, "cli", NOW) for _ in range(2)]
    assert events[0].correlation_id != events[1].correlation_id
    read = parse_event(events[0].to_bytes())
    assert (read.payload.policy, read.payload.applied_by) == (reference, "alice")
    assert len(read.payload.loosened) == 100


def test_the_example_in_the_documents_is_a_policy() -> None:
    example = read_policy(EXAMPLE)
    assert example.hard.max_notional_usd is not None
    assert example.portfolios
    assert example.instruments
