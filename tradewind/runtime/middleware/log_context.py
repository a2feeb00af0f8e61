"""Puts the ids of the event being handled into every log record."""

from typing import Any

from dramatiq.middleware import Middleware

from tradewind.telemetry import current_event


class LogContext(Middleware):
    """Sets `current_event`, which the log processors of `telemetry` read."""

    def before_process_message(self, broker: Any, message: Any) -> None:
        """Set the event; no reset is needed, as each message has a task and so its own context."""
        current_event.set(message.event)
