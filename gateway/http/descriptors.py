"""Gives a process the file descriptors its connections need, as far as the system allows."""

import resource
from typing import Final

SPARE_DESCRIPTORS: Final = 64
"""For files, the listener, and connections to the stores."""


def affordable_connections(wanted: int) -> int:
    """Return how many of the wanted connections this process can have; it raises its limit first.

    A process that runs out of descriptors accepts nobody, and cannot end anybody to change that.
    """
    limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + SPARE_DESCRIPTORS
    if limit != resource.RLIM_INFINITY and limit < needed:
        limit = needed if most == resource.RLIM_INFINITY else min(needed, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))
    return wanted if limit == resource.RLIM_INFINITY else min(wanted, limit - SPARE_DESCRIPTORS)
