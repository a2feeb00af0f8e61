"""Where datasets are kept, and how much a file that is imported may take."""

from pathlib import Path
from typing import Final

from pydantic import Field

from tradewind.datasets.model import MAX_ROWS
from tradewind.settings import OwnedSettings

MEBIBYTE: Final = 1024**2


class DatasetSettings(OwnedSettings):
    """Datasets of back-tests."""

    datasets: Path = Path("datasets")
    """The folder of the files of datasets; backtesters, the recorder and operators share it."""
    dataset_max_file_bytes: int = Field(2 * 1024 * MEBIBYTE, ge=1024)
    """The largest file that is imported, and what an archive may be unpacked to."""
    dataset_max_rows: int = Field(MAX_ROWS, ge=1, le=MAX_ROWS)
    """The most rows of a dataset."""
    dataset_max_memory_bytes: int = Field(8 * 1024 * MEBIBYTE, ge=512 * MEBIBYTE)
    """The address space of the process that reads a file; it ends when a file would take more."""
