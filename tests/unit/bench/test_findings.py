"""A verdict is what a reader of the table trusts."""

import json
from pathlib import Path

import pytest
from rich.console import Console

from loadtest.bench import report
from loadtest.bench.findings import Budget, Finding, Verdict


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
    assert Finding("hop", "p50", value, "ms", budget).verdict is verdict


def test_the_table_shows_value_budget_and_verdict() -> None:
    console = Console(width=120, record=True, quiet=False)
    finding = Finding("hop", "p50", 1.234, "ms", Budget(1.5))

    with console.capture() as captured:
        report.show([finding], console)

    row = next(line for line in captured.get().splitlines() if "p50" in line)
    assert [cell.strip() for cell in row.split("│")[1:6]] == [
        "hop",
        "p50",
        "1.23 ms",
        "≤ 1.5 ms",
        "kept",
    ]


def test_the_result_file_holds_every_finding_with_machine_and_revision(tmp_path: Path) -> None:
    findings = [
        Finding("hop", "p50", 1.2, "ms", Budget(1.5)),
        Finding("actors", "ratio", 3.0, "×", Budget(2.5, at_least=True), note="fast"),
    ]

    document = json.loads(report.write(findings, tmp_path).read_text())

    assert document["machine"]["processors"] >= 1
    assert document["revision"]
    assert [entry["verdict"] for entry in document["findings"]] == ["kept", "kept"]
    assert [entry["budget"] for entry in document["findings"]] == [
        {"at_most": 1.5},
        {"at_least": 2.5},
    ]
