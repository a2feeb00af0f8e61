"""What reads events in Rust, where the extension is built; nothing is read by it elsewhere."""

from collections.abc import Callable, Mapping
from typing import Any

type Describe = Callable[[str], tuple[Any, ...] | None]
"""Returns the description of a topic's event, or None for one that is not described."""
type Read = Callable[[bytes], Any]
"""Returns the event in bytes the models would write themselves, or None for any others."""
type ReadRow = Callable[[Mapping[str, Any]], tuple[Any, bytes] | None]
"""Returns the event of a row of the ledger and its bytes, or None where Python has to look."""

try:
    from tradewind_router import EventReader, RowReader
except ImportError:  # not built, or built before it could read events
    IS_COMPILED = False
else:
    IS_COMPILED = True


def make_reader(describe: Describe) -> Read:
    """Return what reads events in Rust, or what reads nothing."""
    return EventReader(describe).read if IS_COMPILED else _read_nothing


def make_row_reader(describe: Describe) -> ReadRow:
    """Return what reads rows in Rust, or what reads nothing.

    It checks nothing but the hash, so its models are remembered apart from those `make_reader` has.
    """
    return RowReader(describe).read if IS_COMPILED else _read_nothing


def _read_nothing(_: object) -> None:
    return None
