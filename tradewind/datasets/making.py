"""Datasets made of files and frames: written, kept in the folder, and said in a manifest."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import polars as pl

from tradewind.datasets.candles import WholeCandles
from tradewind.datasets.directory import DatasetDirectory, KeptFile
from tradewind.datasets.errors import DatasetRefused
from tradewind.datasets.exact import decimals_needed, units
from tradewind.datasets.frames import CANDLES, PRICES
from tradewind.datasets.model import Dataset, Note, Provenance
from tradewind.datasets.written import Written, period, write_candles


class Maker:
    """Makes datasets in a folder, in somebody's name."""

    def __init__(self, folder: Path, now: Callable[[], datetime], created_by: str) -> None:
        self._directory = DatasetDirectory(folder)
        self._now = now
        self._created_by = created_by

    def make(self, write: Callable[[Path], Written]) -> Dataset:
        """Keep what `write` puts at a path; nothing is kept when it raises."""
        with self._directory.unfinished() as path:
            written = write(path)
            return self._manifest(written, self._directory.keep(path))

    def make_candles(
        self,
        frame: pl.DataFrame,
        instrument: str,
        interval: str,
        provenance: Provenance,
        notes: list[Note] | None = None,
    ) -> Dataset:
        """Keep candles that are whole: the columns of a dataset, ascending, closed, each once."""
        if not len(frame):
            raise DatasetRefused("there are no candles")
        rows = frame.select(pl.col(name).cast(kind) for name, kind in CANDLES.items())
        decimals = decimals_needed([units(rows[name]) for name in PRICES])
        candles = WholeCandles(rows, interval, decimals, notes or [])
        return self.make(lambda path: write_candles(candles, instrument, provenance, path))

    def _manifest(self, written: Written, kept: KeptFile) -> Dataset:
        fields = written.model_dump(exclude={"from_ms", "to_ms", "gaps", "repairs", "provenance"})
        return Dataset.model_validate(
            fields
            | period(written)
            | {
                "dataset_id": kept.dataset_id,
                "sha256": kept.sha256,
                "bytes": kept.bytes,
                "gaps": written.gaps,
                "repairs": written.repairs,
                "provenance": written.provenance,
                "created_at": self._now(),
                "created_by": self._created_by,
            }
        )
