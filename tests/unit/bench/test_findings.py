"""A verdict is what a reader of the table trusts."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from loadtest.bench import report
from loadtest.bench.__main__ import main
from loadtest.bench.findings import Budget, Finding, Verdict
from loadtest.bench.references import Reference, References

SLOW_MACHINE = 200e-6
FAST_MACHINE = 60e-6


def measured(message_seconds: float) -> References:
    """Return references of a machine on which a message takes this long."""
    references = References()
    references.add(Reference.MESSAGE, message_seconds)
    return references


@pytest.mark.parametrize(
    ("value", "budget", "verdict"),
    [
        (10.0, Budget(10), Verdict.KEPT),
        (10.1, Budget(10), Verdict.MISSED),
        (2.5, Budget(2.5, at_least=True), Verdict.KEPT),
        (2.4, Budget(2.5, at_least=True), Verdict.MISSED),
        (None, Budget(10), Verdict.FAILED),
        (10.0, None, Verdict.NO_BUDGET),
    ],
)
def test_the_verdict_follows_value_and_budget(
    value: float | None, budget: Budget | None, verdict: Verdict
) -> None:
    assert Finding("hop", "p50", value, "ms", budget).verdict(References()) is verdict


@pytest.mark.parametrize(
    ("message_seconds", "verdict"), [(SLOW_MACHINE, Verdict.KEPT), (FAST_MACHINE, Verdict.MISSED)]
)
def test_the_same_time_is_kept_on_a_slow_machine_and_missed_on_a_fast_one(
    message_seconds: float, verdict: Verdict
) -> None:
    flow = Finding("intents", "CPU", 16.0, "ms", Budget(85), per=Reference.MESSAGE)

    assert flow.verdict(measured(message_seconds)) is verdict


def test_a_multiple_is_in_the_unit_of_the_reference_whatever_the_unit_of_the_value() -> None:
    references = measured(100e-6)

    for value, unit in ((0.0002, "s"), (0.2, "ms"), (200.0, "µs")):
        finding = Finding("drain", "CPU", value, unit, per=Reference.MESSAGE)
        assert finding.multiple(references) == pytest.approx(2)


def test_a_budget_without_its_reference_is_not_kept() -> None:
    finding = Finding("hop", "p50", 0.1, "ms", Budget(1_000), per=Reference.PUBLISH)

    assert finding.verdict(References()) is Verdict.FAILED


def test_a_reference_is_the_median_of_its_samples_and_tells_their_range() -> None:
    references = References()
    for seconds in (3e-3, 1e-3, 9e-3):
        references.add(Reference.PUBLISH, seconds)

    assert references.measured(Reference.PUBLISH) == (3e-3, 1e-3, 9e-3, 3)
    assert references.measured(Reference.FSYNC) is None


def test_the_table_shows_value_multiple_budget_and_verdict() -> None:
    console = Console(width=120, record=True, quiet=False)
    finding = Finding("flows", "CPU a flow", 12.0, "ms", Budget(85), per=Reference.MESSAGE)

    with console.capture() as captured:
        report.show([finding], measured(150e-6), console)

    rows = [
        [cell.strip() for cell in line.split("│")[1:7]]
        for line in captured.get().splitlines()
        if "│" in line
    ]
    assert ["flows", "CPU a flow", "12.0 ms", "80.0 R", "≤ 85 R", "kept"] in rows
    assert ["150 µs", "1 R"] in [row[2:4] for row in rows]


def test_the_result_file_says_on_which_references_it_was_judged(tmp_path: Path) -> None:
    findings = [
        Finding("flows", "CPU a flow", 12.0, "ms", Budget(85), per=Reference.MESSAGE),
        Finding("actors", "ratio", 3.0, "×", Budget(2.5, at_least=True), note="fast"),
    ]

    document = json.loads(report.write(findings, measured(150e-6), tmp_path).read_text())

    assert document["machine"]["processors"] >= 1
    assert document["revision"]
    assert list(document["references"]) == ["R"]
    assert document["references"]["R"]["middle"] == pytest.approx(150)
    assert document["references"]["R"]["samples"] == 1
    flow, ratio = document["findings"]
    assert (flow["multiple"], flow["per"]) == (pytest.approx(80), "R")
    assert (flow["budget"], flow["verdict"]) == ({"at_most": 85}, "kept")
    assert (ratio["multiple"], ratio["per"]) == (None, None)
    assert (ratio["budget"], ratio["verdict"]) == ({"at_least": 2.5}, "kept")


@pytest.mark.parametrize("arguments", [["--baseline", "hop"], ["--baseline", "--quick"]])
def test_a_part_of_a_run_is_not_kept_as_the_baseline(arguments: list[str]) -> None:
    refused = CliRunner().invoke(main, ["run", *arguments])

    assert refused.exit_code == 2
    assert "whole runs only" in refused.output
