"""Imports files into a folder of a test."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tradewind.datasets.importing import ImportRequest, import_files
from tradewind.datasets.making import Maker
from tradewind.datasets.model import Dataset

INSTRUMENT: Final = "ethereum-WETH-USDC"
MIDNIGHT_MS: Final = 1_735_689_600_000
"""The first of January 2025."""
NOW: Final = datetime(2025, 1, 3, tzinfo=UTC)
MINUTE_MS: Final = 60_000


class Workshop:
    """A folder of datasets, and one of the files that become some."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path / "datasets"
        self.maker = Maker(self.folder, lambda: NOW, "tests")

    def file(self, name: str, content: str | bytes) -> Path:
        """Write a file."""
        path = self.path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def make(self, *files: Path, **told: Any) -> Dataset:
        """Import files."""
        request = self.request(*files, **told)
        return self.maker.make(
            lambda target: import_files(request, self.path, target, lambda name: None)
        )

    def request(self, *files: Path, **told: Any) -> ImportRequest:
        """Return what is asked for to import files."""
        limits: dict[str, Any] = {
            "max_bytes": 1_000_000,
            "max_rows": 10_000,
            "instrument": INSTRUMENT,
        }
        limits["now_ms"] = int(NOW.timestamp() * 1_000)
        return ImportRequest(files=tuple(map(str, files)), **limits | told)

    def kept(self) -> list[str]:
        """Return the names of all files of the folder of datasets."""
        return sorted(path.name for path in self.folder.glob("*")) if self.folder.exists() else []
