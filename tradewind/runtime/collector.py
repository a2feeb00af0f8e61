"""Tunes Python's garbage collector for a process that makes many objects and few cycles."""

import gc
from typing import Final

YOUNG_OBJECTS: Final = 20_000


def collect_rarely(young_objects: int = YOUNG_OBJECTS) -> None:
    """Freeze the objects that exist now, and collect once there are `young_objects` new ones.

    Events and documents hold no cycles. With the interpreter's default thresholds the ledger's
    writer spends a quarter of its time on looking for some, and looks through everything that was
    imported, 40 ms each time.
    """
    gc.freeze()
    gc.set_threshold(young_objects, *gc.get_threshold()[1:])
