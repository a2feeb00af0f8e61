"""Holds our dramatiq middleware, whose hooks must not block the loop; retries are dramatiq's."""

from tradewind.runtime.middleware.async_engine import AsyncEngine
from tradewind.runtime.middleware.log_context import LogContext
from tradewind.runtime.middleware.metrics import Metrics

__all__ = ["AsyncEngine", "LogContext", "Metrics"]
