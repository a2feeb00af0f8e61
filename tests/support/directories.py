"""Data directories for servers that run as another user."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_directory(name: str) -> Iterator[Path]:
    """Make a directory the database's own user can enter, and remove it at the end."""
    directory = Path(tempfile.mkdtemp(prefix=f"tradewind-{name}-"))
    directory.chmod(0o755)
    try:
        yield directory
    finally:
        shutil.rmtree(directory)
