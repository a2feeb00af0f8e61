"""A file as it is given: bounded, unpacked where it is an archive, and recognised by its bytes."""

import codecs
import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Final, NamedTuple

from tradewind.datasets.errors import DatasetRefused

HEAD_BYTES: Final = 64 * 1024
CHUNK_BYTES: Final = 1024 * 1024
MAX_LINE_BYTES: Final = 64 * 1024
"""Of text whose lines are rows."""
_BINARY: Final = (
    (b"FEA1", "feather version 1, which is not read: write it again as version 2"),
    (b"\x80\x02", "a pickle, which could run programs and is never read"),
    (b"\x80\x03", "a pickle, which could run programs and is never read"),
    (b"\x80\x04", "a pickle, which could run programs and is never read"),
    (b"\x80\x05", "a pickle, which could run programs and is never read"),
    (b"\x89HDF", "HDF5, which is not read: export it as CSV or Parquet"),
    (b"\xff\xfe", "UTF-16, which is not read: save it as UTF-8"),
    (b"\xfe\xff", "UTF-16, which is not read: save it as UTF-8"),
    (b"\xfd7zXZ", "an xz archive: unpack it first"),
    (b"BZh", "a bzip2 archive: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive: unpack it first"),
)


class Container(StrEnum):
    """What the bytes of a file are, before anybody asks what they mean."""

    PARQUET = "parquet"
    ARROW = "arrow"
    JSON = "json"
    JSON_LINES = "json_lines"
    CSV = "csv"


class Source(NamedTuple):
    """A file that may be read: of bounded size, and text in UTF-8 where it is text."""

    name: str
    path: Path
    container: Container
    sha256: str
    """Of the file as it was given."""
    head: str
    """The beginning of a text without its byte order mark; empty for others."""


@contextmanager
def opened(path: Path, scratch: Path, max_bytes: int) -> Iterator[Source]:
    """Yield a file, unpacked to `scratch` where it is a zip of one file or gzip.

    DatasetRefused for one that is too large, empty, of a kind that is not read, or wrongly encoded.
    """
    name = path.name[:200]
    size = path.stat().st_size
    if not path.is_file():
        raise DatasetRefused(f"{name} is no file")
    if size > max_bytes:
        raise DatasetRefused(f"{name} has {size:,} bytes; the limit is {max_bytes:,}")
    sha256, unpacked = _sha256(path), scratch / "unpacked"
    try:
        inner = _unpack(path, unpacked, max_bytes)
        yield _recognised(name, inner, sha256)
    except (zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise DatasetRefused(f"{name} is a damaged archive: {error}") from None
    finally:
        unpacked.unlink(missing_ok=True)


def _unpack(path: Path, unpacked: Path, max_bytes: int) -> Path:
    """Return the file, or what is in it; never more than `max_bytes` are written."""
    with path.open("rb") as stream:
        magic = stream.read(4)
    if magic[:2] == b"\x1f\x8b":
        with gzip.open(path) as packed:
            _copy(packed, unpacked, path.name, max_bytes)
        return unpacked
    if magic == b"PK\x03\x04":
        with zipfile.ZipFile(path) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            if len(members) != 1:
                raise DatasetRefused(f"{path.name} has {len(members)} files in it, not one")
            if members[0].flag_bits & 1:
                raise DatasetRefused(f"{path.name} is encrypted")
            with archive.open(members[0]) as packed:
                _copy(packed, unpacked, path.name, max_bytes)
        return unpacked
    return path


def _copy(packed: IO[bytes], unpacked: Path, name: str, max_bytes: int) -> None:
    written = 0
    with unpacked.open("wb") as target:
        while chunk := packed.read(CHUNK_BYTES):
            written += len(chunk)
            if written > max_bytes:
                raise DatasetRefused(f"{name} unpacks to more than {max_bytes:,} bytes")
            target.write(chunk)


def _recognised(name: str, path: Path, sha256: str) -> Source:
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise DatasetRefused(f"{name} is empty")
    if head[:4] == b"PAR1":
        return Source(name, path, Container.PARQUET, sha256, "")
    if head[:6] == b"ARROW1":
        return Source(name, path, Container.ARROW, sha256, "")
    for magic, meaning in _BINARY:
        if head.startswith(magic):
            raise DatasetRefused(f"{name} is {meaning}")
    _check_text(name, path)
    text = head.decode("utf-8-sig", errors="ignore")
    return Source(name, path, _text_container(text), sha256, text)


def _text_container(text: str) -> Container:
    start = text.lstrip()
    if start.startswith("["):
        return Container.JSON
    if start.startswith("{"):
        return Container.JSON_LINES
    return Container.CSV


def _check_text(name: str, path: Path) -> None:
    """Refuse what is no text in UTF-8, or has a line that no row is as long as."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    position = 0
    with path.open("rb") as stream:
        while True:
            chunk = stream.read(CHUNK_BYTES)
            if b"\0" in chunk:
                raise DatasetRefused(f"{name} is neither text nor a format that is read")
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                place = position + error.start
                raise DatasetRefused(f"{name} is not UTF-8: byte {place:,}") from None
            position += len(chunk)
            if not chunk:
                return


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
