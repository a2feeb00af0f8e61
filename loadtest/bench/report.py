"""Prints findings as a table and stores them as JSON, with the references they are judged by."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from loadtest.bench.findings import Budget, Finding, Verdict
from loadtest.bench.references import UNIT_SECONDS, Measured, Reference, References

RESULTS_DIRECTORY: Final = Path(__file__).parent.parent / "results"
BASELINE: Final = RESULTS_DIRECTORY / "baseline.json"
"""The committed result that later runs are compared with, by multiples."""
_STYLES = {Verdict.KEPT: "green", Verdict.MISSED: "bold red", Verdict.FAILED: "bold red"}
_REFERENCES = "references"

type Row = tuple[str, str, str, str, str, str | Text, str]


def show(findings: Sequence[Finding], references: References, console: Console) -> None:
    """Print one row per reference, then one per finding."""
    table = Table(title="Tradewind benchmarks", caption=_machine_line(), title_justify="left")
    table.add_column("benchmark")
    table.add_column("what")
    for heading in ("measured", "multiple", "budget"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict")
    table.add_column("note", ratio=1)
    previous = ""
    for benchmark, *cells in (*_reference_rows(references), *_rows(findings, references)):
        if previous and benchmark != previous:
            table.add_section()
        table.add_row(benchmark if benchmark != previous else "", *cells)
        previous = benchmark
    console.print(table)


def _reference_rows(references: References) -> list[Row]:
    rows: list[Row] = []
    for reference in Reference:
        measured = references.measured(reference)
        if measured is not None:
            value = format_value(_in_unit(measured.middle, reference), reference.unit)
            note = _range(measured, reference)
            rows.append((_REFERENCES, reference.meaning, value, f"1 {reference}", "", "", note))
    return rows


def _range(measured: Measured, reference: Reference) -> str:
    least, most = (
        format_number(_in_unit(seconds, reference)) for seconds in (measured.least, measured.most)
    )
    return f"{least} to {most} in {measured.samples} samples"


def _rows(findings: Sequence[Finding], references: References) -> list[Row]:
    rows: list[Row] = []
    for finding in findings:
        verdict = finding.verdict(references)
        rows.append(
            (
                finding.benchmark,
                finding.what,
                format_value(finding.value, finding.unit),
                _format_multiple(finding, references),
                _format_budget(finding.budget, finding.per or finding.unit),
                Text(verdict, style=_STYLES.get(verdict, "")),
                finding.note,
            )
        )
    return rows


def format_value(value: float | None, unit: str) -> str:
    """Return a value with about three significant digits and its unit."""
    return "-" if value is None else f"{format_number(value)} {unit}".rstrip()


def format_number(value: float) -> str:
    """Return a count as it is, any other number with about three significant digits."""
    if isinstance(value, int):
        return f"{value:,}"
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 or not size else 4
    return f"{value:,.{digits}f}"


def _format_multiple(finding: Finding, references: References) -> str:
    multiple = finding.multiple(references)
    return "" if multiple is None else format_value(multiple, finding.per or "")


def _format_budget(budget: Budget | None, unit: str) -> str:
    if budget is None:
        return ""
    return f"{'≥' if budget.at_least else '≤'} {budget.limit:,g} {unit}".rstrip()


def write(
    findings: Sequence[Finding], references: References, directory: Path = RESULTS_DIRECTORY
) -> Path:
    """Store the findings beside references, machine, date and git revision; return the file."""
    now = datetime.now(UTC)
    revision = git_revision()
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{now:%Y-%m-%dT%H%M%S}Z-{revision}.local.json"
    document = {
        "date": now.isoformat(timespec="seconds"),
        "revision": revision,
        "machine": _machine(),
        "references": _references_as_json(references),
        "findings": [_as_json(finding, references) for finding in findings],
    }
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return path


def _references_as_json(references: References) -> dict[str, Any]:
    return {
        reference.value: {
            "meaning": reference.meaning,
            "unit": reference.unit,
            **{
                name: _in_unit(getattr(measured, name), reference)
                for name in ("middle", "least", "most")
            },
            "samples": measured.samples,
        }
        for reference in Reference
        if (measured := references.measured(reference)) is not None
    }


def _as_json(finding: Finding, references: References) -> dict[str, Any]:
    budget = finding.budget
    bound = {"at_least" if budget.at_least else "at_most": budget.limit} if budget else None
    judged = {
        "multiple": finding.multiple(references),
        "budget": bound,
        "verdict": finding.verdict(references).value or None,
    }
    return {**finding._asdict(), **judged}


def _in_unit(seconds: float, reference: Reference) -> float:
    return seconds / UNIT_SECONDS[reference.unit]


def _machine() -> dict[str, Any]:
    return {
        "processors": os.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def _machine_line() -> str:
    machine = _machine()
    return (
        f"{machine['processors']} processors, {machine['system']} {machine['architecture']}, "
        f"Python {machine['python']}"
    )


def git_revision() -> str:
    """Return the commit, and whether files differ from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return described.stdout.strip() or "unknown"
