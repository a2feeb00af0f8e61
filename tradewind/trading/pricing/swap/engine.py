"""Chooses the router that a process quotes with."""

from functools import cache

import structlog

from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.pricing.swap.router import Router

logger = structlog.get_logger(__name__)


@cache
def choose_router(*, rust_engine_enabled: bool) -> Router:
    """Return the router in Rust where it is wanted and built, else the one in Python.

    Both give the same quotes, to the wei; the log says once which one is used and why.
    """
    if not rust_engine_enabled:
        logger.info("quoting in Python", reason="RUST_ENGINE_ENABLED is false")
        return PythonRouter()
    try:
        from tradewind.trading.pricing.swap.rust_router import RustRouter
    except ImportError as error:
        logger.warning("quoting in Python", reason=f"the Rust extension is missing: {error}")
        return PythonRouter()
    logger.info("quoting in Rust")
    return RustRouter()
