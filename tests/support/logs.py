"""Keeps what the tests' own process logs out of commands' output, and puts logging back after each.

Commands run in process are given a standard output of their own, into which the rest of a test, its
gateway or writer, would log meanwhile; and they configure logging for good.
"""

import logging
import sys
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.__stderr__))
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
