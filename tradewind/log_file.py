"""The file a process writes to, which is renamed when it is full while the process goes on.

Whoever follows a log by its name (`tail -F`) goes on with the new file. `risk.log` becomes
`risk.1.log`, that one `risk.2.log`, and so on.
"""

import fcntl
import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

STDOUT: Final = 1
STDERR: Final = 2
MODE: Final = 0o644
APPEND: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class LogLimits:
    """How large a log grows, and how many older ones stay beside it."""

    max_bytes: int = 16 * 1024 * 1024
    kept_files: int = 4


class LogFile:
    """The log of this process: its standard output and error go there, whoever writes to them.

    Several processes may share one. Each notices that another one renamed it.
    """

    def __init__(self, path: Path, limits: LogLimits) -> None:
        self._path = path
        self._limits = limits
        if not self._is_ours(os.fstat(STDERR)):
            self._open()

    def make_room(self) -> None:
        """Go on with a new file if this one is full, or has been renamed."""
        written = os.fstat(STDERR)
        is_ours = self._is_ours(written)
        if is_ours and written.st_size >= self._limits.max_bytes:
            self._shift()
            is_ours = self._is_ours(written)
        if not is_ours:
            self._open()

    def _shift(self) -> None:
        """Rename the log, unless another process does: they wait for each other at the file."""
        try:
            named = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        try:
            fcntl.flock(named, fcntl.LOCK_EX)
            if self._is_ours(os.fstat(STDERR)):
                keep(self._path, self._path, self._limits.kept_files)
        finally:
            os.close(named)

    def _is_ours(self, written: os.stat_result) -> bool:
        """Return whether what is written to is what has the name now."""
        try:
            named = os.stat(self._path)
        except FileNotFoundError:
            return False
        return os.path.samestat(named, written)

    def _open(self) -> None:
        """Replace the descriptors themselves: what a crash prints goes to the log, too."""
        opened = os.open(self._path, APPEND, MODE)
        os.dup2(opened, STDERR)
        os.dup2(opened, STDOUT)
        os.close(opened)


class LogFileHandler(logging.StreamHandler[TextIO]):
    """Writes records to standard error, and makes room in its file before each."""

    def __init__(self, file: LogFile) -> None:
        super().__init__()
        self._file = file

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record. A full disk must not end what is logged about."""
        try:
            self._file.make_room()
        except OSError:
            # The old file is still there to write to.
            self.handleError(record)
        super().emit(record)


def keep(written: Path, path: Path, kept_files: int) -> None:
    """Make what was written the newest of the older logs beside `path`; the oldest one goes."""
    if not kept_files:
        written.unlink()
        return
    for number in range(kept_files - 1, 0, -1):
        if older(path, number).exists():
            older(path, number).replace(older(path, number + 1))
    written.replace(older(path, 1))


def older(path: Path, number: int) -> Path:
    """Return what the log before a log is called, for 1, and so on."""
    return path.with_suffix(f".{number}{path.suffix}")


def trim(path: Path, limits: LogLimits) -> None:
    """Empty a log that its writer cannot open again, if it is full, and keep a copy.

    What is written while it is copied is copied as well. Only what comes in the moment between
    the last look and the emptying is lost, so this is for servers that write little.
    """
    if not path.exists() or path.stat().st_size < limits.max_bytes:
        return
    copy = path.with_suffix(f".copy{path.suffix}")
    with path.open("r+b") as log, copy.open("wb") as copied:
        shutil.copyfileobj(log, copied)
        log.truncate(0)
    keep(copy, path, limits.kept_files)
