"""What reads events in Rust, where the extension is built; nothing is read by it elsewhere."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

type Describe = Callable[[str], tuple[Any, ...] | None]
"""Returns the description of a topic's event, or None for one that is not described."""
type Read = Callable[[bytes], Any]
"""Returns the event in bytes the models would write themselves, or None for any others."""
type Delivered = tuple[Any, bytes, str, tuple[int, int, int, int, int]]
"""The event of a message, the SHA-256 of its bytes, the subject it was published on, and what its
reply says: deliveries, sequences in the stream and of the consumer, milliseconds since 1970."""
type ReadRow = Callable[[Mapping[str, Any]], tuple[Any, bytes] | None]
"""Returns the event of a row of the ledger and its bytes, or None where Python has to look."""

try:
    from tradewind_router import EventReader, RowReader
except ImportError:  # not built, or built before it could read events
    IS_COMPILED = False
else:
    IS_COMPILED = hasattr(EventReader, "read_delivered")


class Reader(NamedTuple):
    """Reads what is written in our spelling."""

    read: Read
    read_delivered: Callable[[list[Any], int], list[Delivered | None]]
    """Returns what each message of a list (`subject`, `reply`, `data`) holds, or None for one that
    Python has to read, as one of more bytes than the number says."""


def make_reader(describe: Describe) -> Reader:
    """Return what reads events in Rust, or what reads nothing."""
    if not IS_COMPILED:
        return Reader(_read_nothing, _read_none_of)
    reader = EventReader(describe)
    return Reader(reader.read, reader.read_delivered)


def make_row_reader(describe: Describe) -> ReadRow:
    """Return what reads rows in Rust, or what reads nothing.

    It checks nothing but the hash, so its models are remembered apart from those `make_reader` has.
    """
    return RowReader(describe).read if IS_COMPILED else _read_nothing


def _read_nothing(_: object) -> None:
    return None


def _read_none_of(messages: list[Any], _: int) -> list[Delivered | None]:
    return [None] * len(messages)
