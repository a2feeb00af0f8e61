"""Prints findings as a table and stores them as JSON."""

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

RESULTS_DIRECTORY: Final = Path(__file__).parent.parent / "results"
BASELINE: Final = RESULTS_DIRECTORY / "baseline.json"
"""The committed result that later runs are compared with."""
_STYLES = {Verdict.KEPT: "green", Verdict.MISSED: "bold red", Verdict.FAILED: "bold red"}


def show(findings: Sequence[Finding], console: Console) -> None:
    """Print one row per finding."""
    table = Table(title="Tradewind benchmarks", caption=_machine_line(), title_justify="left")
    for heading in ("benchmark", "what"):
        table.add_column(heading)
    for heading in ("measured", "budget"):
        table.add_column(heading, justify="right")
    for heading in ("verdict", "note"):
        table.add_column(heading)
    previous = ""
    for finding in findings:
        if previous and finding.benchmark != previous:
            table.add_section()
        table.add_row(
            finding.benchmark if finding.benchmark != previous else "",
            finding.what,
            format_value(finding.value, finding.unit),
            _format_budget(finding.budget, finding.unit),
            Text(finding.verdict, style=_STYLES.get(finding.verdict, "")),
            finding.note,
        )
        previous = finding.benchmark
    console.print(table)


def format_value(value: float | None, unit: str) -> str:
    """Return a value with about three significant digits and its unit."""
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def _format_budget(budget: Budget | None, unit: str) -> str:
    if budget is None:
        return ""
    return f"{'≥' if budget.at_least else '≤'} {budget.limit:,g} {unit}"


def write(findings: Sequence[Finding], directory: Path = RESULTS_DIRECTORY) -> Path:
    """Store the findings beside machine, date and git revision; return the file."""
    now = datetime.now(UTC)
    revision = _git_revision()
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{now:%Y-%m-%dT%H%M%S}Z-{revision}.local.json"
    document = {
        "date": now.isoformat(timespec="seconds"),
        "revision": revision,
        "machine": _machine(),
        "findings": [_as_json(finding) for finding in findings],
    }
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return path


def _as_json(finding: Finding) -> dict[str, Any]:
    budget = finding.budget
    bound = {"at_least" if budget.at_least else "at_most": budget.limit} if budget else None
    return {**finding._asdict(), "budget": bound, "verdict": finding.verdict.value or None}


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


def _git_revision() -> str:
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return described.stdout.strip() or "unknown"
