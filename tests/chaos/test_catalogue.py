"""Drawing faults from the catalogue, and reporting them."""

from random import Random

import pytest

from tests.chaos import inspection
from tests.chaos.faults.catalogue import FAULTS, OF_A_CHAIN, abreast, draw
from tests.chaos.faults.fault import Fault
from tests.chaos.faults.together import Together
from tests.chaos.inspection import Finding
from tests.chaos.report import Report
from tests.chaos.run import Injection
from tests.chaos.sent import Outcome


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def test_a_name_can_stand_in_the_command_that_repeats_it() -> None:
    assert not [fault.name for fault in FAULTS if set(fault.name) & set("'\"$`\\")]


@pytest.mark.parametrize("pairs", [0.0, 0.5])
def test_a_seed_draws_the_same_again(pairs: float) -> None:
    assert draw(Random(7), 120, pairs) == draw(Random(7), 120, pairs)
    assert draw(Random(7), 120, pairs) != draw(Random(8), 120, pairs)


def test_every_kind_comes_once_before_one_comes_twice() -> None:
    assert set(draw(Random(7), len(FAULTS), 0)) == set(FAULTS)


def test_what_comes_together_concerns_different_servers() -> None:
    pairs = [fault for fault in draw(Random(7), 500, 1) if isinstance(fault, Together)]

    assert pairs
    for pair in pairs:
        servers = [getattr(one, "server", None) for one in (pair.one, pair.other)]
        assert pair.one != pair.other
        assert servers[0] is None or servers[0] != servers[1]


def parts_of(fault: Fault) -> list[Fault]:
    return [fault.one, fault.other] if isinstance(fault, Together) else [fault]


def test_faults_of_the_node_come_beside_others_and_none_is_left_out() -> None:
    drawn = draw(Random(7), len(FAULTS), 0)

    together = abreast(drawn)
    assert sorted(one.name for fault in together for one in parts_of(fault)) == sorted(
        one.name for one in drawn
    )
    assert not [one.name for one in together if isinstance(one, OF_A_CHAIN)]


def test_without_others_faults_of_the_node_come_alone() -> None:
    lies = draw(Random(7), 5, 0, "node ")

    assert sorted(one.name for one in abreast(lies)) == sorted(one.name for one in lies)


def test_only_some() -> None:
    assert {fault.name for fault in draw(Random(7), 5, 0, "COMMIT")} == {
        "cut before COMMIT",
        "cut after COMMIT",
    }


def report_of(*injections: Injection, findings: tuple[Finding, ...] = ()) -> Report:
    requests: dict[Outcome, int] = {"accepted": 3, "refused": 0, "unknown": 0}
    return Report("again", injections, findings, requests, [2.5], 0)


def test_a_report_without_a_violation_has_passed() -> None:
    report = report_of(Injection("kill -9 risk", 0.1, 1.5))

    assert report.problems == []
    assert "PASSED" in str(report)
    assert "1.5" in str(report)


@pytest.mark.parametrize(
    "report",
    [
        report_of(Injection("kill -9 risk", 0.1, None, ["no intent completes"])),
        report_of(findings=(Finding(inspection.LOST, "intent-A"),)),
    ],
)
def test_any_violation_fails_and_tells_how_to_see_it_again(report: Report) -> None:
    assert len(report.problems) == 1
    assert "FAILED: 1 violations; again with: again" in str(report)
