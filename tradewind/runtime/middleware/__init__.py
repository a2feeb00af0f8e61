"""Cross-cutting concerns as dramatiq middleware. Hooks run on the event loop: they never block."""

from tradewind.runtime.middleware.async_engine import AsyncEngine
from tradewind.runtime.middleware.log_context import LogContext
from tradewind.runtime.middleware.metrics import Metrics

__all__ = ["AsyncEngine", "LogContext", "Metrics"]
