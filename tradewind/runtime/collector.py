"""Python's cyclic garbage collector in a process that makes few cycles and very many objects."""

import gc


def collect_rarely(young_objects: int) -> None:
    """Leave alone what exists by now, and look at new objects only once there are so many.

    Events and documents hold no cycles: with the interpreter's default the writer of the ledger
    would spend a quarter of its time on looking for some.
    """
    gc.freeze()
    gc.set_threshold(young_objects, *gc.get_threshold()[1:])
