"""What is explored: small ones in every build, large ones on request."""

from collections.abc import Mapping
from typing import Final

from tests.unit.portfolio_protocol.exploration import Scenario
from tests.unit.portfolio_protocol.state import FAILED, FILLED, Faults

IN_EVERY_BUILD: Final[Mapping[str, tuple[int, Scenario]]] = {
    "two processes": (3_500, Scenario(is_recorded=True)),
    "a process dies, ends come late, the broker's store is lost": (
        12_000,
        Scenario(
            Faults(crashes=True, broker_lost=True, late_ends=True), workers=1, is_recorded=True
        ),
    ),
    "the database is restored, what is approved is filled": (
        11_000,
        Scenario(Faults(restores=1), workers=1, outcomes=(FILLED,), is_recorded=True),
    ),
    "the database is restored, what is approved fails": (
        21_000,
        Scenario(Faults(restores=1), workers=1, outcomes=(FAILED,), is_recorded=True),
    ),
    "a process is frozen while the database is restored": (
        10_000,
        Scenario(
            Faults(restores=1, survivors=True), workers=1, outcomes=(FILLED,), is_recorded=True
        ),
    ),
    "both stores are lost, and with them what was filled": (
        1_000,
        Scenario(outcomes=(FILLED,), is_recorded=True, has_lost_a_fill=True),
    ),
    "trading is stopped, and the database restored": (
        30_000,
        Scenario(
            Faults(restores=1, stops=True),
            intents=1,
            workers=1,
            outcomes=(FILLED,),
            is_recorded=True,
            has_signer=True,
        ),
    ),
    "a person is asked, a process dies, the broker's store is lost": (
        38_000,
        Scenario(Faults(crashes=True, broker_lost=True), workers=1, waits=True, is_recorded=True),
    ),
    "a person is asked, a process dies, the database is restored": (
        2_000,
        Scenario(
            Faults(crashes=True, restores=1),
            intents=1,
            workers=1,
            waits=True,
            outcomes=(FILLED,),
            is_recorded=True,
        ),
    ),
}
"""By name, with the least number of states it has to find."""

ON_REQUEST: Final[Mapping[str, Scenario]] = {
    "two processes, from the submission on": Scenario(),
    "two processes die, ends come late": Scenario(Faults(crashes=True, late_ends=True)),
    "two processes die, the broker's store is lost": Scenario(
        Faults(crashes=True, broker_lost=True), is_recorded=True
    ),
    "a process dies, the database is restored": Scenario(
        Faults(crashes=True, restores=1), workers=1, is_recorded=True
    ),
    "the database is restored and the broker's store is lost": Scenario(
        Faults(restores=1, broker_lost=True, gaps=True),
        workers=1,
        outcomes=(FILLED,),
        is_recorded=True,
    ),
    "one of two is frozen while the database is restored": Scenario(
        Faults(restores=1, survivors=True), outcomes=(FILLED,), is_recorded=True
    ),
    "a process dies after both stores are lost": Scenario(
        Faults(crashes=True), outcomes=(FILLED,), is_recorded=True, has_lost_a_fill=True
    ),
    "a person is asked, two processes die": Scenario(
        Faults(crashes=True), waits=True, is_recorded=True
    ),
    "a person is asked about two, the database is restored": Scenario(
        Faults(restores=1), workers=1, waits=True, outcomes=(FILLED,), is_recorded=True
    ),
    "three intents, room for two": Scenario(intents=3, cap=2, workers=1, is_recorded=True),
}
