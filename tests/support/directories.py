"""Data directories for servers that run as another user."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.memory import directory_in_memory


@contextmanager
def open_directory(name: str) -> Iterator[Path]:
    """Make a directory the database's own user can enter, and remove it at the end.

    It is in memory where there is room.
    """
    directory = Path(tempfile.mkdtemp(prefix=f"tradewind-{name}-", dir=directory_in_memory()))
    directory.chmod(0o755)
    try:
        yield directory
    finally:
        shutil.rmtree(directory)
