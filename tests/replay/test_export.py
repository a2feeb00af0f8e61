"""An exported history brings what its decisions refer to, from wherever that was recorded."""

import gc
from contextlib import closing
from pathlib import Path

import pytest

from research.redecide.sources import FileSource
from tests.replay.golden import history_path, read_history
from tests.support.recorded import run_again
from tradewind.contracts.inputs import OBSERVATION_PREFIX
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.history.references import with_references
from tradewind.ledger.transfer import history_file
from tradewind.ledger.transfer.importer import import_events
from tradewind.postgres import DatabaseUnavailable, open_pool

# On one platform on one day: they share tokens and pools.
FIRST, SECOND = "paper_acquire", "paper_split"


def bodies(path: Path) -> list[bytes]:
    return sorted(incoming.body for incoming in history_file.read_events(path))


async def exported(reader: LedgerReader, path: Path, correlation_id: str | None) -> list[str]:
    """Write a file as the command does; return the correlations in it, in order."""
    header = history_file.read_header(history_path(FIRST))
    names = []
    with path.open("wb") as stream:
        writer = history_file.HistoryWriter(
            stream, header, is_plain=path.suffix == history_file.PLAIN_SUFFIX
        )
        async for page in with_references(reader, reader.selected(correlation_id)):
            writer.add(page)
            names += [recorded.event.correlation_id for recorded in page]
        writer.finish()
    return names


async def test_a_correlation_is_exported_with_what_it_refers_to(
    database_dsn: str, tmp_path: Path
) -> None:
    pool = await open_pool(database_dsn, max_size=2)
    try:
        for name in (FIRST, SECOND):
            await import_events(pool, history_file.read_events(history_path(name)), name)
        reader = LedgerReader(pool)
        for suffix in (".jsonl", ".history"):
            path = tmp_path / f"second{suffix}"
            await exported(reader, path, read_history(SECOND)[0].correlation_id)
            assert bodies(path) == bodies(history_path(SECOND))
        everything = await exported(reader, tmp_path / "all.jsonl", None)
    finally:
        await pool.close()
    observed = [name for name in everything if name.startswith(OBSERVATION_PREFIX)]
    assert len(observed) == len(set(observed))
    assert bodies(tmp_path / "all.jsonl") == sorted(
        {*bodies(history_path(FIRST)), *bodies(history_path(SECOND))}
    )


def test_an_export_that_breaks_off_leaves_no_valid_file_and_no_second_error(
    tmp_path: Path,
) -> None:
    """Given a database that goes away halfway, then what was written is not taken for a history."""
    path, header = tmp_path / "half.history", history_file.read_header(history_path(FIRST))
    with (
        pytest.raises(DatabaseUnavailable),
        path.open("wb") as stream,
        closing(history_file.HistoryWriter(stream, header)),
    ):
        raise DatabaseUnavailable(OSError("it stops"))
    gc.collect()
    with pytest.raises(history_file.UnreadableHistory):
        history_file.check(path)


async def test_an_exported_file_is_decided_again(database_dsn: str, tmp_path: Path) -> None:
    pool = await open_pool(database_dsn, max_size=2)
    try:
        await import_events(pool, history_file.read_events(history_path(FIRST)), FIRST)
        path = tmp_path / "first.history"
        await exported(LedgerReader(pool), path, read_history(FIRST)[0].correlation_id)
    finally:
        await pool.close()
    assert path.read_bytes()[:2] == b"\x1f\x8b"
    assert (await run_again(FileSource(path))).counts.same == 2
