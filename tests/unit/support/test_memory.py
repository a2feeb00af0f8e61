"""Test servers store in memory only where there is plenty of it."""

import shutil
from collections import namedtuple
from pathlib import Path

import psutil
import pytest

from tests.support.memory import OPEN_TO_ALL, ROOM_BYTES, SPARE_BYTES, directory_in_memory

Usage = namedtuple("Usage", ["free"])
Memory = namedtuple("Memory", ["available"])


@pytest.fixture
def open_to_all(tmp_path: Path) -> Path:
    """Return a directory as /dev/shm is."""
    tmp_path.chmod(OPEN_TO_ALL)
    return tmp_path


@pytest.mark.parametrize(
    ("free", "available", "suffices"),
    [
        (ROOM_BYTES, ROOM_BYTES + SPARE_BYTES, True),
        (ROOM_BYTES - 1, ROOM_BYTES + SPARE_BYTES, False),
        (ROOM_BYTES, ROOM_BYTES + SPARE_BYTES - 1, False),
    ],
)
def test_both_the_file_system_and_the_memory_behind_it_have_room(
    open_to_all: Path,
    monkeypatch: pytest.MonkeyPatch,
    free: int,
    available: int,
    suffices: bool,
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory(available))

    assert directory_in_memory(open_to_all) == (open_to_all if suffices else None)


def test_a_directory_that_the_database_s_user_cannot_use_is_none(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    assert directory_in_memory(tmp_path) is None
    assert directory_in_memory(tmp_path / "absent") is None
