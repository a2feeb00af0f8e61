"""What is explored: few faults at a time in every build, more of them together on request."""

from collections.abc import Mapping
from typing import Final

from tests.unit.write_path.bodies import (
    FIRST,
    JUDGEMENTS,
    NO_SCREENING,
    REJECTION,
    SCREENING,
)
from tests.unit.write_path.exploration import Scenario
from tests.unit.write_path.state import Faults

EITHER: Final = (SCREENING, NO_SCREENING)
PLANS_AND_REFUSAL: Final = ("P", "p", "Q")
REFUSAL: Final = ("Q",)
ONE_PLAN: Final = ("P",)
JUDGING: Final = "SV"
"""The intent is screened, and the portfolio stage is to judge it."""
PLANNING: Final = "SVAC"
"""The history is approved, and the planner is to plan."""

IN_EVERY_BUILD: Final[Mapping[str, tuple[int, Scenario]]] = {
    "a process dies and a message comes again while risk screens": (
        4_000,
        Scenario(Faults(crashes=1, copies=1), EITHER, (REJECTION,)),
    ),
    "a process dies and a message comes again while the portfolio is asked": (
        8_000,
        Scenario(Faults(crashes=1, copies=1), plans=REFUSAL, recorded=JUDGING),
    ),
    "a process dies and a message comes again while a plan is signed": (
        8_000,
        Scenario(Faults(crashes=1, copies=1), recorded=PLANNING),
    ),
    "two processes of risk": (
        1_000,
        Scenario(Faults(), EITHER, (REJECTION,), risk_processes=2),
    ),
    "two processes of the portfolio stage": (
        6_000,
        Scenario(Faults(copies=1), plans=REFUSAL, recorded=JUDGING, portfolio_processes=2),
    ),
    "a stand-by takes over and Redis forgets": (
        3_000,
        Scenario(Faults(takeovers=1, flushes=1), plans=REFUSAL, recorded=JUDGING),
    ),
    "the broker's store is lost": (
        3_000,
        Scenario(Faults(broker_losses=1), plans=REFUSAL, recorded=JUDGING),
    ),
    "the database is restored while risk screens": (
        14_000,
        Scenario(Faults(restores=1), EITHER, (REJECTION,)),
    ),
    "the database is restored while the portfolio is asked": (
        900,
        Scenario(Faults(restores=1), judgements=(REJECTION,), recorded=JUDGING),
    ),
    "the database lost a screening and an approval": (
        3_500,
        Scenario(Faults(crashes=1), EITHER, plans=REFUSAL, recorded=FIRST, lost="VA"),
    ),
    "the database lost an approval": (
        3_500,
        Scenario(Faults(crashes=1, copies=1), plans=REFUSAL, recorded=JUDGING, lost="A"),
    ),
    "the database is restored while a plan is signed": (
        70_000,
        Scenario(Faults(restores=1), plans=ONE_PLAN, recorded=PLANNING, portfolio_processes=0),
    ),
}
"""By name, with the least number of states it has to find."""

ON_REQUEST: Final[Mapping[str, Scenario]] = {
    "a process dies and a message comes again, from submission to signature": Scenario(
        Faults(crashes=1, copies=1)
    ),
    "two processes die and a message comes again while the portfolio is asked": Scenario(
        Faults(crashes=2, copies=1), judgements=JUDGEMENTS, plans=REFUSAL, recorded=JUDGING
    ),
    "two processes of both stages": Scenario(
        Faults(copies=1), plans=REFUSAL, risk_processes=2, portfolio_processes=2
    ),
    "a stand-by takes over and Redis forgets": Scenario(
        Faults(takeovers=1, flushes=1), plans=REFUSAL
    ),
    "the broker's store is lost": Scenario(Faults(broker_losses=1), plans=ONE_PLAN),
    "the broker's store is lost, a process dies, a message comes again": Scenario(
        Faults(broker_losses=1, crashes=1, copies=1), plans=REFUSAL, recorded=JUDGING
    ),
    "the database is restored": Scenario(Faults(restores=1), plans=REFUSAL),
    "the database is restored while both may be planned": Scenario(
        Faults(restores=1), recorded=PLANNING
    ),
    "the database lost an approval, a stand-by takes over, Redis forgets": Scenario(
        Faults(takeovers=1, flushes=1), plans=REFUSAL, recorded=JUDGING, lost="A"
    ),
    "the database is restored, a message comes again, a plan is signed": Scenario(
        Faults(restores=1, copies=1), plans=ONE_PLAN, recorded=PLANNING, portfolio_processes=0
    ),
}
