"""No state of the model breaks a rule, and without any one protection some state does."""

from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from tests.unit.portfolio_protocol.exploration import ALL, Exploration, Scenario, explore
from tests.unit.portfolio_protocol.invariants import PROGRESS
from tests.unit.portfolio_protocol.protections import Protections
from tests.unit.portfolio_protocol.scenarios import IN_EVERY_BUILD
from tests.unit.portfolio_protocol.state import FAILED, FILLED, Faults


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


def one_process(*outcomes: int, **faults: Any) -> Scenario:
    return Scenario(
        Faults(**faults), workers=1, outcomes=outcomes or (FILLED, FAILED), is_recorded=True
    )


def waiting_for_a_person(*outcomes: int, **faults: Any) -> Scenario:
    return replace(one_process(*outcomes, **faults), waits=True)


BOTH_LOST = IN_EVERY_BUILD["both stores are lost, and with them what was filled"][1]
STOPPED = IN_EVERY_BUILD["trading is stopped, and the database restored"][1]
WEAKNESSES = [
    Weakness("lock", "cap_holds", Scenario(is_recorded=True)),
    Weakness("decision_kept", "one_decision", one_process(crashes=True)),
    Weakness("rejection_kept", "one_decision", one_process(FAILED, crashes=True)),
    Weakness("commit_before_publish", "cap_holds", one_process(crashes=True)),
    Weakness("settled_by_ledger", "cap_holds", one_process(late_ends=True)),
    Weakness("no_deadline", "cap_holds", one_process()),
    Weakness("cursor_with_effects", PROGRESS, one_process(FILLED, crashes=True)),
    Weakness("ledger_is_right", "cap_holds", one_process(FILLED, restores=1)),
    Weakness("fence", "cap_holds", one_process(FILLED, restores=1)),
    Weakness("stream_read", "cap_holds", one_process(FILLED, restores=1)),
    Weakness("settlement_caught_up", "cap_holds", one_process(FILLED, restores=1)),
    Weakness("gap_halts", "cap_holds", BOTH_LOST),
    Weakness("wallets_compared", "cap_holds", BOTH_LOST),
    Weakness("token", "cap_holds", one_process(FILLED, restores=1, survivors=True)),
    Weakness("life_noted", "cap_holds", one_process(FILLED, restores=1, survivors=True)),
    Weakness("claim_signed", "cap_holds", one_process(FILLED, restores=1, survivors=True)),
    Weakness("signing_proven", "stop_holds", STOPPED),
    Weakness("sweeper", PROGRESS, one_process(FILLED, broker_lost=True)),
    Weakness("wait_claims", "cap_holds", waiting_for_a_person()),
    Weakness("wait_ended_once", "one_decision", waiting_for_a_person()),
    Weakness("wait_fenced", "one_decision", waiting_for_a_person(FILLED, restores=1)),
    Weakness("wait_told", PROGRESS, waiting_for_a_person(FILLED, crashes=True)),
    Weakness("wait_followed", "cap_holds", waiting_for_a_person(FILLED, restores=1)),
]


@pytest.mark.parametrize("weakness", WEAKNESSES, ids=lambda one: one.missing)
def test_without_a_protection_a_rule_is_broken(weakness: Weakness) -> None:
    found = explore(weakness.scenario, replace(ALL, **{weakness.missing: False}))
    assert found.violated == weakness.violated


def test_every_protection_is_taken_away_once() -> None:
    assert [one.missing for one in WEAKNESSES] == list(Protections.__dataclass_fields__)
