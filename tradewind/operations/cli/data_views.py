"""How `tradewind data` shows datasets: a line in a list, and all of one with its prices drawn."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from tradewind.datasets.model import Dataset, DatasetKind
from tradewind.operations.cli.times import show_time

HEADINGS: Final = ("dataset", "kind", "instrument", "interval", "from", "to", "rows", "missing")
SPARKS: Final = "▁▂▃▄▅▆▇█"
SPARK_COLUMNS: Final = 60
SHOWN_GAPS: Final = 5
KIBIBYTE: Final = 1024


def row_of(dataset: Dataset) -> tuple[str, ...]:
    """Return a dataset as the cells of a table."""
    return (
        dataset.dataset_id,
        dataset.kind.value,
        dataset.instrument or "",
        dataset.interval or "",
        show_time(dataset.from_),
        show_time(dataset.to),
        f"{dataset.rows:,}",
        f"{dataset.missing:,}",
    )


def document_of(dataset: Dataset) -> dict[str, Any]:
    """Return a dataset as JSON has it."""
    return dataset.model_dump(mode="json", by_alias=True)


def lines_of(dataset: Dataset, spark: str) -> list[tuple[str, str]]:
    """Return all there is to say of a dataset, by name."""
    where = dataset.provenance
    lines = [
        ("dataset", dataset.dataset_id),
        ("kind", dataset.kind.value),
        ("instrument", dataset.instrument or "each row names its own"),
        ("period", f"{show_time(dataset.from_)} to {show_time(dataset.to)}"),
        ("rows", f"{dataset.rows:,}, {dataset.bytes / KIBIBYTE:,.0f} KiB"),
        ("source", f"{where.source} {where.detail}".strip()),
        ("made", f"{show_time(dataset.created_at)} by {dataset.created_by}"),
        ("sha256", dataset.sha256),
    ]
    if dataset.interval is not None:
        lines.insert(3, ("interval", dataset.interval))
        lines.append(("gaps", f"{dataset.gaps_total:,}, {dataset.missing:,} candles missing"))
    if where.from_dataset is not None:
        lines.append(("made from", where.from_dataset))
    for gap in dataset.gaps[:SHOWN_GAPS]:
        lines.append(("gap", f"{show_time(gap.from_)} to {show_time(gap.to)}, {gap.missing:,}"))
    lines += [("pool", pool) for pool in dataset.pools]
    lines += [("repair", f"{one.text} ({one.rows:,})") for one in dataset.repairs]
    return [*lines, ("prices", spark)] if spark else lines


def sparkline(values: Sequence[float]) -> str:
    """Draw values as a line of blocks, from the lowest to the highest."""
    if not len(values):
        return ""
    low, high = min(values), max(values)
    step = (high - low) / (len(SPARKS) - 1) or 1
    return "".join(SPARKS[round((value - low) / step)] for value in values)


def price_line(folder: Path, dataset: Dataset) -> str:
    """Draw the closes of candles, with their lowest and highest; empty for anything else."""
    if dataset.kind != DatasetKind.CANDLES:
        return ""
    from tradewind.datasets.load import load_candles

    candles = load_candles(folder, dataset.dataset_id)
    step = max(1, -(-len(candles) // SPARK_COLUMNS))
    scale = 10.0**candles.price_decimals
    drawn = sparkline([int(close) / scale for close in candles.close[::step]])
    low, high = int(candles.low.min()) / scale, int(candles.high.max()) / scale
    return f"{drawn} {low:g} to {high:g}"


def progress() -> Progress:
    """Return what shows on a terminal that something goes on."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
    )
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
