"""The reader of events in Rust, where the extension is built; nothing is read by it elsewhere."""

from collections.abc import Callable
from typing import Any

type Describe = Callable[[str], tuple[Any, ...] | None]
"""Returns the description of a topic's event, or None for one that is not described."""
type Read = Callable[[bytes], Any]
"""Returns the event in bytes the models would write themselves, or None for any others."""

try:
    from tradewind_router import EventReader
except ImportError:  # not built, or built before it could read events
    IS_COMPILED = False
else:
    IS_COMPILED = True


def make_reader(describe: Describe) -> Read:
    """Return what reads events in Rust, or what reads nothing."""
    return EventReader(describe).read if IS_COMPILED else _read_nothing


def _read_nothing(_: bytes) -> None:
    return None
