"""Logging can be configured more than once in a process."""

import structlog
from structlog.testing import capture_logs

from tradewind.telemetry import configure_logging

logger = structlog.get_logger("telemetry")


def test_a_logger_follows_the_configuration_that_came_after_its_first_record() -> None:
    configure_logging("dlq", "WARNING")
    logger.warning("first")
    structlog.reset_defaults()
    with capture_logs() as records:
        logger.warning("second")
    assert [record["event"] for record in records] == ["second"]
