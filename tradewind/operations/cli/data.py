"""`tradewind data`: imports, fetches, shows, checks and exports the history of back-tests."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from tradewind.contracts.market.model import CANDLE_INTERVALS_SECONDS
from tradewind.datasets.errors import DatasetDamaged, DatasetRefused, UnknownDataset
from tradewind.datasets.extra import require_polars
from tradewind.datasets.model import Dataset, DatasetKind, Provenance
from tradewind.datasets.settings import DatasetSettings
from tradewind.datasets.store import DatasetStore, Filter
from tradewind.operations.cli.data_fetch import fetch
from tradewind.operations.cli.data_pairs import DATASET, INTERVAL, PAIR, POOL, pool_of
from tradewind.operations.cli.data_views import (
    HEADINGS,
    document_of,
    lines_of,
    price_line,
    progress,
    row_of,
)
from tradewind.operations.cli.tables import (
    JSON_LINES_OPTION,
    limit_option,
    print_list,
    printable,
)
from tradewind.operations.cli.trading_states import in_database, user
from tradewind.operations.cli.verbs import Verbs
from tradewind.runtime import clock
from tradewind.settings import load
from tradewind.trading.marketdata.intervals import to_milliseconds

WIDTH: Final = 12
MAX_LISTED: Final = 200
MAX_CREATOR: Final = 64
EXPORT_FORMATS: Final = ("csv", "parquet", "jsonl")


@click.group(cls=Verbs)
def data() -> None:
    """Import, fetch, list, show, check and export the history that back-tests read."""


data.add_command(fetch)


@data.command("import")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("--as", "instrument", type=PAIR, help="What candles and pools are of: WETH/USDC.")
@click.option("--interval", type=INTERVAL, help="Of candles; their times tell it otherwise.")
@click.option(
    "--pool", "pools", type=POOL, multiple=True, help="A pool of the events: ADDRESS:FEE_PIPS."
)
def import_data(
    files: Sequence[Path],
    instrument: str | None,
    interval: str | None,
    pools: Sequence[tuple[str, int]],
) -> None:
    """Make one dataset of FILES: candles, signals or events of pools, recognised by content.

    Everything that is repaired is said. Files that contradict themselves are refused with the
    number of the row, and nothing is kept.
    """
    require_polars()
    from tradewind.datasets.importing import ImportRequest
    from tradewind.datasets.making import Maker
    from tradewind.datasets.reader_process import read_apart

    settings = load(DatasetSettings)
    request = ImportRequest(
        files=tuple(str(path.resolve()) for path in files),
        instrument=instrument,
        interval=interval,
        pools=tuple(pool_of(instrument, *pool) for pool in pools),
        max_bytes=settings.dataset_max_file_bytes,
        max_rows=settings.dataset_max_rows,
        now_ms=to_milliseconds(clock.now()),
    )
    maker = Maker(settings.datasets, clock.now, user()[:MAX_CREATOR])
    with tempfile.TemporaryDirectory() as scratch, progress() as shown:
        task = shown.add_task("reading", total=len(files))

        def told(name: str) -> None:
            shown.update(task, description=f"reading {printable(name)}", advance=1)

        limit = settings.dataset_max_memory_bytes
        made = maker.make(lambda path: read_apart(request, Path(scratch), path, told, limit))
    keep(made)


def keep(made: Dataset) -> None:
    """Record a dataset that was made, and show it."""

    async def add(store: DatasetStore) -> bool:
        return await store.add(made)

    is_new = in_database(lambda pool: add(DatasetStore(pool)))
    show_lines(made, "")
    if not is_new:
        click.echo("It was there already; nothing has changed.")


def show_lines(dataset: Dataset, spark: str) -> None:
    """Print all there is to say of a dataset."""
    for name, value in lines_of(dataset, spark):
        click.echo(f"{name:<{WIDTH}} {printable(value)}")


@data.command("list")
@click.option("--kind", type=click.Choice([kind.value for kind in DatasetKind]))
@click.option("--instrument", type=PAIR, help="WETH/USDC, or its whole name.")
@click.option("--interval", type=INTERVAL)
@limit_option(MAX_LISTED)
@JSON_LINES_OPTION
def list_data(
    kind: str | None, instrument: str | None, interval: str | None, limit: int, as_json: bool
) -> None:
    """List datasets, the newest first."""
    wanted = Filter(None if kind is None else DatasetKind(kind), instrument, interval)
    found = in_database(lambda pool: DatasetStore(pool).page(wanted, limit=limit))
    print_list(
        found,
        as_json,
        document=document_of,
        headings=HEADINGS,
        row=row_of,
        nothing="There are no datasets; `tradewind data import` makes one.",
    )


@data.command("show")
@click.argument("dataset_id", type=DATASET)
@JSON_LINES_OPTION
def show_data(dataset_id: str, as_json: bool) -> None:
    """Show where a dataset comes from, what was repaired, where it has gaps, and its prices."""
    dataset = in_database(lambda pool: DatasetStore(pool).get(dataset_id))
    if as_json:
        print_list([dataset], True, document=document_of, headings=(), row=row_of, nothing="")
        return
    require_polars()
    try:
        spark = price_line(load(DatasetSettings).datasets, dataset)
    except (UnknownDataset, DatasetDamaged) as error:
        spark = str(error)
    show_lines(dataset, spark)


@data.command("verify")
@click.argument("dataset_ids", type=DATASET, nargs=-1)
def verify_data(dataset_ids: Sequence[str]) -> None:
    """Hold the files of datasets, or of the newest 200, against their manifests."""
    require_polars()
    from tradewind.datasets.verify import verify

    folder = load(DatasetSettings).datasets
    wrong = 0
    for dataset in in_database(lambda pool: _chosen(DatasetStore(pool), dataset_ids)):
        try:
            problems = verify(folder, dataset)
        except (UnknownDataset, DatasetDamaged, DatasetRefused) as error:
            problems = [str(error)]
        wrong += bool(problems)
        click.echo(printable(f"{dataset.dataset_id} {'; '.join(problems) or 'is right'}"))
    if wrong:
        raise DatasetDamaged(f"{wrong} datasets are not what their manifests say")


async def _chosen(store: DatasetStore, dataset_ids: Sequence[str]) -> Sequence[Dataset]:
    if dataset_ids:
        return [await store.get(dataset_id) for dataset_id in dataset_ids]
    return await store.page(limit=MAX_LISTED)


@data.command("export")
@click.argument("dataset_id", type=DATASET)
@click.option("--format", "kind", type=click.Choice(EXPORT_FORMATS), default="csv")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The file.")
def export_data(dataset_id: str, kind: str, output: Path) -> None:
    """Write a dataset to a file for other programs, which `data import` reads again."""
    require_polars()
    from tradewind.datasets.export import export

    rows = export(load(DatasetSettings).datasets, dataset_id, kind, output)
    click.echo(f"{rows:,} rows in {output}")


@data.command("resample")
@click.argument("dataset_id", type=DATASET)
@click.argument("interval", type=click.Choice(list(CANDLE_INTERVALS_SECONDS)))
def resample_data(dataset_id: str, interval: str) -> None:
    """Make a dataset of coarser candles. Those without their first or last part are left out."""
    require_polars()
    from tradewind.datasets.load import candle_frame
    from tradewind.datasets.making import Maker
    from tradewind.datasets.resample import resample

    settings = load(DatasetSettings)
    header, frame = candle_frame(settings.datasets, dataset_id)
    made = resample(frame, header.interval, interval)
    maker = Maker(settings.datasets, clock.now, user()[:MAX_CREATOR])
    source = Provenance(source="resampled", from_dataset=dataset_id)
    keep(maker.make_candles(made.frame, header.instrument, interval, source, made.notes))
