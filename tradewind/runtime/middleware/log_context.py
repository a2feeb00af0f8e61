"""The ids of the event being handled, in every log record."""

from typing import Any

from dramatiq.middleware import Middleware

from tradewind.telemetry import current_event


class LogContext(Middleware):
    """Makes the event being handled known to log records of its task."""

    def before_process_message(self, broker: Any, message: Any) -> None:
        """Remember the event; each message has a task and so a context of its own."""
        current_event.set(message.event)
