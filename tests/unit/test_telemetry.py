"""Logging can be configured more than once in a process."""

import logging
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from tests.support.logs import restored_logging
from tradewind.telemetry import CHATTY_LOGGERS, configure_logging

logger = structlog.get_logger("telemetry")


def test_a_logger_follows_the_configuration_that_came_after_its_first_record() -> None:
    configure_logging("dlq", "WARNING")
    logger.warning("first")
    structlog.reset_defaults()
    with capture_logs() as records:
        logger.warning("second")
    assert [record["event"] for record in records] == ["second"]


def test_a_record_gathers_nothing_that_no_line_shows() -> None:
    """Given what costs a fifth of a line: the caller, process, thread and task."""
    configure_logging("gateway")
    records = list[logging.LogRecord]()
    handler: Any = logging.Handler()
    handler.emit = records.append
    logging.getLogger("telemetry").addHandler(handler)
    try:
        logger.warning("only what is written")
    finally:
        logging.getLogger("telemetry").removeHandler(handler)
    (record,) = records
    assert (record.lineno, record.process, record.thread, record.taskName) == (0, None, None, None)


def test_a_test_leaves_logging_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given switches for the whole process, then no test decides what the next one logs."""

    def state() -> list[object]:
        loggers = [logging.getLogger(name) for name in ("", *CHATTY_LOGGERS)]
        return [dict(vars(logging)), [(one.level, one.handlers[:]) for one in loggers]]

    monkeypatch.setattr(logging, "_srcfile", __file__)
    monkeypatch.setattr(logging, "logThreads", True)
    before = state()
    with restored_logging():
        configure_logging("gateway", "ERROR")
        assert state() != before
    assert state() == before
