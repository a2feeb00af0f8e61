"""A dictionary of bounded size."""

from collections import OrderedDict
from collections.abc import Hashable


class BoundedCache[K: Hashable, V](OrderedDict[K, V]):
    """A dictionary that evicts the entry that was written longest ago."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def put(self, key: K, value: V) -> None:
        """Store a value as the newest, and evict the oldest when the cache is full."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > self._limit:
            self.popitem(last=False)
