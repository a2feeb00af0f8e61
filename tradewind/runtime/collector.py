"""Tunes Python's garbage collector for a process that makes many objects and few cycles."""

import gc


def collect_rarely(young_objects: int) -> None:
    """Freeze the objects that exist now, and collect once there are `young_objects` new ones.

    Events and documents hold no cycles. With the interpreter's default thresholds the ledger's
    writer spends a quarter of its time on looking for some.
    """
    gc.freeze()
    gc.set_threshold(young_objects, *gc.get_threshold()[1:])
