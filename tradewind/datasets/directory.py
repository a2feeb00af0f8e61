"""The folder of datasets: a file each, named by its id, written whole or not at all."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from tradewind.datasets.errors import DatasetDamaged, UnknownDataset
from tradewind.datasets.model import id_of

SUFFIX: Final = ".parquet"
UNFINISHED: Final = ".part"
FILE_MODE: Final = 0o444
"""Nobody changes a dataset, not even who wrote it."""


class KeptFile(NamedTuple):
    """A file of the folder."""

    dataset_id: str
    sha256: str
    bytes: int


class DatasetDirectory:
    """The files of a folder, which is made when something is first kept in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def file_of(self, dataset_id: str) -> Path:
        """Return where a dataset's file is; UnknownDataset when there is none."""
        path = self.path / f"{dataset_id}{SUFFIX}"
        if not path.is_file():
            raise UnknownDataset(f"{dataset_id} has no file in {self.path}")
        return path

    def has(self, dataset_id: str) -> bool:
        """Return whether a dataset's file is here."""
        return (self.path / f"{dataset_id}{SUFFIX}").is_file()

    @contextmanager
    def unfinished(self) -> Iterator[Path]:
        """Yield a path to write to, which is gone after the block unless it was kept."""
        self.path.mkdir(parents=True, exist_ok=True)
        path = self.path / f".{secrets.token_hex(8)}{UNFINISHED}"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def keep(self, unfinished: Path) -> KeptFile:
        """Keep a written file under its content's id. Equal content is kept once."""
        kept = described(unfinished)
        final = self.path / f"{kept.dataset_id}{SUFFIX}"
        if final.is_file() and sha256_of(final) == kept.sha256:
            return kept
        unfinished.chmod(FILE_MODE)
        _flush(unfinished)
        os.replace(unfinished, final)
        _flush(self.path)
        return kept

    def check(self, dataset_id: str, sha256: str) -> Path:
        """Return the file of a dataset; DatasetDamaged when its content is another."""
        path = self.file_of(dataset_id)
        found = sha256_of(path)
        if found != sha256:
            raise DatasetDamaged(f"{dataset_id}: its file has the SHA-256 {found}, not {sha256}")
        return path


def described(path: Path) -> KeptFile:
    """Return id, hash and size of a file."""
    sha256 = sha256_of(path)
    return KeptFile(id_of(sha256), sha256, path.stat().st_size)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """Have the file or the folder on the disk, so that no row names a file that a crash took."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
