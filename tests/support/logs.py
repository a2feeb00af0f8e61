"""Keeps what the tests' own process logs out of commands' output, and puts logging back after each.

Commands run in process are given a standard output of their own, into which the rest of a test, its
gateway or writer, would log meanwhile; and they configure logging for good.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog

from tradewind.telemetry import CHATTY_LOGGERS


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.__stderr__))
    with restored_logging():
        yield


@contextmanager
def restored_logging() -> Iterator[None]:
    """Undo at the end whatever configures logging, the library's switches for all among it."""
    root = logging.getLogger()
    handlers, switches = root.handlers[:], dict(vars(logging))
    levels = {name: logging.getLogger(name).level for name in ("", *CHATTY_LOGGERS)}
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    vars(logging).update(switches)
    structlog.reset_defaults()
