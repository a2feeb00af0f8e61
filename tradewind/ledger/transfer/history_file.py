"""The file format of exported histories: JSON lines with a header, events, and a trailer.

It contains the bytes of every event as its producer published them, so that an import records the
same history. A bug report can be such a file. It is compressed with gzip, or plain so that two
files can be compared. The digest in the trailer shows whether a file is complete and unchanged.
"""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import IO, Final, Literal

import orjson
from pydantic import Field, ValidationError

from tradewind.contracts.envelope import MAX_EVENT_BYTES, describe
from tradewind.contracts.wire import Document, Timestamp
from tradewind.errors import PermanentError
from tradewind.ledger.append.incoming import Incoming, Rejected, read_message
from tradewind.ledger.records import RecordedEvent

FORMAT: Final = "tradewind-history"
FORMAT_VERSION: Final = 1
MAX_EVENTS: Final = 5_000_000
PLAIN_SUFFIX: Final = ".jsonl"
_GZIP_MAGIC: Final = b"\x1f\x8b"
MAX_LINE_BYTES: Final = 6 * MAX_EVENT_BYTES + 1_024
"""The longest line: JSON escapes a byte with six at most, and the other fields take 1 KiB."""


class UnreadableHistory(PermanentError):
    """The file is no exported history, or was changed or cut off. Export it again."""

    code = "UNREADABLE_HISTORY"


class HistoryHeader(Document):
    """The first line."""

    format: Literal["tradewind-history"] = FORMAT
    format_version: Literal[1] = FORMAT_VERSION
    incarnation: str = Field(max_length=64)
    """The incarnation of the ledger it was exported from."""
    exported_at: Timestamp
    selection: str = Field(max_length=300)
    """Which histories were exported, for people to read."""


class _Line(Document):
    global_seq: int = Field(ge=1)
    recorded_at: Timestamp
    subject: str = Field(max_length=512)
    body: str


class _Trailer(Document):
    events: int = Field(ge=0, le=MAX_EVENTS)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """The digest of all lines before this one, including line ends."""


class HistoryWriter:
    """Writes a file. It has no trailer before `finish`, so that half a file is not a valid one."""

    def __init__(self, stream: IO[bytes], header: HistoryHeader, *, is_plain: bool = False) -> None:
        self._gzip = None if is_plain else gzip.GzipFile(fileobj=stream, mode="wb", mtime=0)
        self._stream = self._gzip or stream
        self._digest = hashlib.sha256()
        self.events = 0
        self._write(header.model_dump_json().encode())

    def add(self, recorded: Iterable[RecordedEvent]) -> None:
        """Write events in the order they were recorded."""
        for one in recorded:
            line = _Line(
                global_seq=one.global_seq,
                recorded_at=one.recorded_at,
                subject=one.event.subject,
                body=one.body.decode(),
            )
            self._write(line.model_dump_json().encode())
            self.events += 1

    def finish(self) -> None:
        """Write the trailer."""
        trailer = _Trailer(events=self.events, sha256=self._digest.hexdigest())
        self._stream.write(trailer.model_dump_json().encode() + b"\n")
        self.close()

    def close(self) -> None:
        """Write nothing more. An unfinished file has to be closed before its stream, too."""
        if self._gzip is not None:
            self._gzip.close()

    def _write(self, line: bytes) -> None:
        self._digest.update(line + b"\n")
        self._stream.write(line + b"\n")


def check(path: Path) -> HistoryHeader:
    """Read a whole file and return its header; UnreadableHistory says what is wrong with it."""
    header = read_header(path)
    for _ in read_events(path):
        pass
    return header


def read_header(path: Path) -> HistoryHeader:
    """Return the header of a file; UnreadableHistory when it has none."""
    for line in _lines(path):
        try:
            return HistoryHeader.model_validate_json(line)
        except ValidationError as error:
            raise UnreadableHistory(f"{path.name}: line 1: {describe(error)}") from None
    raise UnreadableHistory(f"{path.name}: it is empty")


def read_events(path: Path) -> Iterator[Incoming]:
    """Return the events of a file in order.

    It raises UnreadableHistory at the first flaw. A wrong digest shows only at the end, so a caller
    that must not use part of a bad file runs `check` first.
    """
    digest, count, held = hashlib.sha256(), 0, b""
    for line in _lines(path):
        if held:
            digest.update(held)
            if count:
                yield _event(path, count + 1, held)
            count += 1
        held = line
    try:
        trailer = _Trailer.model_validate_json(held)
    except ValidationError:
        raise UnreadableHistory(f"{path.name}: it is cut off") from None
    if (trailer.events, trailer.sha256) != (count - 1, digest.hexdigest()):
        raise UnreadableHistory(f"{path.name}: it is not as it was written")


def _event(path: Path, number: int, text: bytes) -> Incoming:
    try:
        line = _Line.model_validate_json(text)
    except ValidationError as error:
        raise UnreadableHistory(f"{path.name}: line {number}: {describe(error)}") from None
    read = read_message(line.subject, 0, line.body.encode())
    if isinstance(read, Rejected):
        raise UnreadableHistory(f"{path.name}: line {number}: {read.reason}: {read.detail}")
    return read


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with _open(path) as stream:
            for _ in range(MAX_EVENTS + 2):
                line = stream.readline(MAX_LINE_BYTES + 1)
                if not line:
                    return
                if len(line) > MAX_LINE_BYTES or not line.endswith(b"\n"):
                    raise UnreadableHistory(f"{path.name}: a line is too long or cut off")
                yield line
            raise UnreadableHistory(f"{path.name}: more than {MAX_EVENTS} events")
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableHistory(f"{path.name}: {reason}") from None


def _open(path: Path) -> gzip.GzipFile | BufferedReader:
    with path.open("rb") as stream:
        is_compressed = stream.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    return gzip.open(path, "rb") if is_compressed else path.open("rb")


def selection_of(correlation_id: str | None, since: datetime | None, until: datetime | None) -> str:
    """Return the text of a header's `selection`: one correlation id, or a range of times."""
    if correlation_id is not None:
        return correlation_id
    first, last = (one.isoformat() if one else "" for one in (since, until))
    return f"{first}..{last}"


def to_json_line(recorded: RecordedEvent) -> bytes:
    """Return an event and where it was recorded as one line of JSON."""
    return orjson.dumps(
        {
            "global_seq": recorded.global_seq,
            "recorded_at": recorded.recorded_at,
            "event": orjson.Fragment(recorded.event.to_bytes()),
        }
    )
