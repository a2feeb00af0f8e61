"""What is explored: few faults at a time in every build, more of them together on request."""

from collections.abc import Mapping
from typing import Final

from tests.unit.write_path.bodies import APPROVAL, FIRST, OTHER_APPROVAL, REJECTION
from tests.unit.write_path.exploration import Scenario
from tests.unit.write_path.state import Faults

PRICES_AND_LIMITS: Final = (APPROVAL, OTHER_APPROVAL, REJECTION)
PLANS_AND_REFUSAL: Final = ("P", "p", "Q")
REFUSAL: Final = ("Q",)
ONE_PLAN: Final = ("P",)
PLANNING: Final = "SAC"
"""The history is approved, and the planner is to plan."""

IN_EVERY_BUILD: Final[Mapping[str, tuple[int, Scenario]]] = {
    "a process dies and a message comes again": (
        30_000,
        Scenario(Faults(crashes=1, copies=1)),
    ),
    "two processes of risk": (
        8_000,
        Scenario(Faults(copies=1), plans=REFUSAL, risk_processes=2),
    ),
    "a stand-by takes over and Redis forgets": (
        10_000,
        Scenario(Faults(takeovers=1, flushes=1), plans=REFUSAL),
    ),
    "the broker's store is lost": (
        9_000,
        Scenario(Faults(broker_losses=1), plans=ONE_PLAN),
    ),
    "the database is restored while risk decides": (
        35_000,
        Scenario(Faults(restores=1), plans=REFUSAL),
    ),
    "the database is restored while a plan is signed": (
        10_000,
        Scenario(Faults(restores=1), recorded=PLANNING),
    ),
}
"""By name, with the least number of states it has to find."""

ON_REQUEST: Final[Mapping[str, Scenario]] = {
    "two processes die and a message comes again": Scenario(
        Faults(crashes=2, copies=1), decisions=PRICES_AND_LIMITS, plans=PLANS_AND_REFUSAL
    ),
    "a process dies and two messages come again": Scenario(Faults(crashes=1, copies=2)),
    "two processes of risk, one dies": Scenario(Faults(crashes=1, copies=1), risk_processes=2),
    "a stand-by takes over, Redis forgets, a process dies": Scenario(
        Faults(takeovers=1, flushes=1, crashes=1), plans=ONE_PLAN
    ),
    "the broker's store is lost, a process dies, a message comes again": Scenario(
        Faults(broker_losses=1, crashes=1, copies=1), plans=ONE_PLAN
    ),
    "the database is restored, a process dies, risk decides": Scenario(
        Faults(restores=1, crashes=1), plans=REFUSAL
    ),
    "the database is restored, a stand-by takes over": Scenario(
        Faults(restores=1, takeovers=1), decisions=(APPROVAL,), plans=REFUSAL, recorded=FIRST
    ),
    "the database is restored, a stand-by takes over, Redis forgets": Scenario(
        Faults(restores=1, takeovers=1, flushes=1), decisions=(REJECTION,), recorded=FIRST
    ),
    "the database is restored, a message comes again, a plan is signed": Scenario(
        Faults(restores=1, copies=1), recorded=PLANNING
    ),
}
