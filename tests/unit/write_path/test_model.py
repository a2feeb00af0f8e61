"""No state of the model breaks a rule, and without any one protection some state does."""

from dataclasses import replace
from typing import NamedTuple

import pytest

from tests.unit.write_path.bodies import APPROVAL, NO_SCREENING, REJECTION
from tests.unit.write_path.exploration import ALL, Exploration, Scenario, explore
from tests.unit.write_path.invariants import PROGRESS
from tests.unit.write_path.protections import Protections
from tests.unit.write_path.scenarios import (
    EITHER,
    IN_EVERY_BUILD,
    JUDGING,
    ONE_PLAN,
    PLANNING,
    REFUSAL,
)
from tests.unit.write_path.state import Faults


@pytest.mark.parametrize("name", IN_EVERY_BUILD)
def test_no_state_breaks_a_rule(name: str) -> None:
    least, scenario = IN_EVERY_BUILD[name]
    found = explore(scenario)
    assert found == Exploration(found.states)
    assert found.states >= least


class Weakness(NamedTuple):
    """A protection that is missing, and where that shows."""

    missing: str
    violated: str
    scenario: Scenario


def faults(**left: int) -> Scenario:
    return Scenario(Faults(**left), EITHER, (REJECTION,))


def judging(**left: int) -> Scenario:
    return Scenario(Faults(**left), plans=REFUSAL, recorded=JUDGING)


WEAKNESSES = [
    Weakness(
        "causation",
        "one_decision_a_step",
        Scenario(Faults(), (NO_SCREENING,), recorded="S", lost="VA"),
    ),
    Weakness(
        "index",
        "acknowledged_is_durable",
        Scenario(Faults(copies=2), judgements=(APPROVAL,), recorded=PLANNING),
    ),
    Weakness("parking", "acknowledged_is_durable", faults()),
    Weakness("fence", "order_has_no_gap", faults(restores=1)),
    Weakness("commit_before_ack", "acknowledged_is_durable", faults(crashes=1)),
    Weakness("hint_after_commit", "acknowledged_is_durable", faults(crashes=1)),
    Weakness("hints_by_incarnation", "acknowledged_is_durable", faults(restores=1)),
    Weakness("stream_read_again", "acknowledged_is_durable", faults(restores=1)),
    Weakness("consumer_made_anew", "acknowledged_is_durable", faults(restores=1)),
    Weakness("journal", "risk_says_one_thing", faults(copies=1)),
    Weakness(
        "first_decision_wins",
        "risk_says_one_thing",
        Scenario(Faults(), EITHER, (REJECTION,), risk_processes=2),
    ),
    Weakness("keep_before_publish", "risk_says_one_thing", faults(crashes=1)),
    Weakness(
        "claim_locked",
        "portfolio_says_one_thing",
        Scenario(Faults(), plans=REFUSAL, recorded=JUDGING, portfolio_processes=2),
    ),
    Weakness("claim_has_decision", "portfolio_says_one_thing", judging(copies=1)),
    Weakness("claim_before_publish", "portfolio_says_one_thing", judging(crashes=1)),
    Weakness(
        "claim_adopts",
        "portfolio_says_one_thing",
        Scenario(Faults(), plans=REFUSAL, recorded=JUDGING, lost="A"),
    ),
    Weakness(
        "claim_fenced",
        "portfolio_says_one_thing",
        Scenario(Faults(), plans=REFUSAL, recorded=JUDGING, lost="A"),
    ),
    Weakness(
        "claim_settled_by_ledger",
        "signed_is_claimed",
        Scenario(Faults(copies=1), plans=("P", "Q"), recorded=PLANNING),
    ),
    Weakness("lookup", "signed_is_recorded", Scenario(Faults())),
    Weakness("lookup_by_hash", "signed_is_recorded", Scenario(Faults(copies=2), recorded=PLANNING)),
    Weakness(
        "first_signature_wins", "one_nonce_a_step", Scenario(Faults(crashes=1), recorded=PLANNING)
    ),
    Weakness(
        "nonce_from_journal", "one_nonce_a_step", Scenario(Faults(restores=1), recorded=PLANNING)
    ),
    Weakness("relay", PROGRESS, faults(broker_losses=1)),
    Weakness("sweeper", PROGRESS, faults(broker_losses=1)),
]


@pytest.mark.parametrize("weakness", WEAKNESSES, ids=lambda one: one.missing)
def test_without_a_protection_a_rule_is_broken(weakness: Weakness) -> None:
    found = explore(weakness.scenario, replace(ALL, **{weakness.missing: False}))
    assert found.violated == weakness.violated


def test_every_protection_is_taken_away_once() -> None:
    assert [one.missing for one in WEAKNESSES] == list(Protections.__dataclass_fields__)


def test_two_lost_commits_are_one_more_than_the_journal_can_prove() -> None:
    """Given signature and record both lost, then bytes are out that the ledger does not have yet.

    The stream still has the plan, and the nonce is taken: what is signed next cannot execute too.
    """
    lost = Scenario(Faults(restores=2), plans=ONE_PLAN, recorded=PLANNING)
    assert explore(lost).violated == "signed_is_recorded"
