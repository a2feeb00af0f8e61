"""Lets the workers of pytest-xdist share things that one of them makes."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

WORKER_VARIABLE: Final = "PYTEST_XDIST_WORKER"


@contextmanager
def one_worker_at_a_time(factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """Keep other workers of this run out of blocks of that name; yield a directory all share."""
    own = factory.getbasetemp()
    shared = own.parent if WORKER_VARIABLE in os.environ else own
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield shared
