"""`tradewind history`: exports histories to a file, and imports it on another machine."""

import asyncio
import os
from contextlib import closing
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.history.references import with_references
from tradewind.ledger.transfer import history_file
from tradewind.ledger.transfer.history_file import HistoryHeader, HistoryWriter
from tradewind.ledger.transfer.importer import Imported, import_events
from tradewind.operations.cli.correlations import CORRELATION
from tradewind.operations.cli.replay import NoSuchHistory
from tradewind.operations.cli.times import show_time, time_range_options
from tradewind.operations.cli.verbs import Verbs
from tradewind.postgres import Pool, open_pool
from tradewind.runtime import clock
from tradewind.settings import PostgresSettings, load


@click.group(cls=Verbs)
def history() -> None:
    """Export histories to a file, and import such a file for inspection."""


@history.command("export")
@click.argument("correlation", type=CORRELATION, required=False)
@time_range_options
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The file.")
def export_history(
    correlation: str | None, since: datetime | None, until: datetime | None, output: Path
) -> None:
    """Write one history (by correlation or intent id), or those of a time range, to a file.

    The file includes the markets that decisions refer to. It is compressed, unless it is called
    *.jsonl.
    """
    if correlation is None and since is None and until is None:
        raise click.UsageError("say which: a correlation, or --from and --to")
    if correlation is not None and (since or until):
        raise click.UsageError("a time range stands alone: no correlation")
    count = asyncio.run(_export(correlation, since, until, output))
    click.echo(f"{count} events in {output}")


@history.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_history(file: Path) -> None:
    """Record the histories of a file in a platform that has none of its own.

    No role acts on them: they can be read, replayed and compared. The file is read to its end
    before anything is recorded.
    """
    header = history_file.check(file)
    imported = asyncio.run(_import(file, header))
    click.echo(
        f"{imported.appended} events recorded, {imported.duplicates} were there already, "
        f"{imported.quarantined} set aside (from {header.selection}, exported "
        f"{show_time(header.exported_at)})"
    )


async def _export(
    correlation: str | None, since: datetime | None, until: datetime | None, output: Path
) -> int:
    pool = await _pool()
    unfinished = output.with_name(f"{output.name}.part")
    try:
        reader = LedgerReader(pool)
        header = HistoryHeader(
            incarnation=(await reader.position()).incarnation,
            exported_at=clock.now(),
            selection=history_file.selection_of(correlation, since, until),
        )
        with unfinished.open("wb") as stream, _progress() as progress:
            task = progress.add_task("exporting", total=None)
            is_plain = output.suffix == history_file.PLAIN_SUFFIX
            with closing(HistoryWriter(stream, header, is_plain=is_plain)) as writer:
                pages = reader.selected(correlation, since, until)
                async for page in with_references(reader, pages):
                    writer.add(page)
                    progress.update(task, completed=writer.events)
                writer.finish()
        if not writer.events:
            raise NoSuchHistory(f"no history of {header.selection}")
        os.replace(unfinished, output)
        return writer.events
    finally:
        unfinished.unlink(missing_ok=True)
        await pool.close()


async def _import(file: Path, header: HistoryHeader) -> Imported:
    pool = await _pool()
    try:
        with _progress() as progress:
            events = progress.track(history_file.read_events(file), description="importing")
            return await import_events(pool, events, f"{file.name} of {header.incarnation}"[:300])
    finally:
        await pool.close()


async def _pool() -> Pool:
    return await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=2)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
