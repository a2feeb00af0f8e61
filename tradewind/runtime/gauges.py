"""Refreshes gauges from a server every few seconds, for as long as a role runs."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated
from tradewind.telemetry import OBSERVED


def refreshed(
    source: str, refresh: Callable[[], Awaitable[None]], every_seconds: float
) -> AbstractAsyncContextManager[None]:
    """Refresh a source's gauges while a block runs, and export when that last succeeded."""

    async def refresh_and_date() -> None:
        await refresh()
        OBSERVED.labels(source).set_to_current_time()

    return repeated(every_seconds, refresh_and_date, Outage(f"{source} gauges"))
