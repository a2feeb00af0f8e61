"""Finds out whether the gateway can serve, within a time."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from gateway.ports import Dependency, LagProbe
from tradewind.errors import TradewindError
from tradewind.runtime.broker_stats import Lag

CHECK_TIMEOUT_SECONDS: Final = 1.5
"""All are asked at once, so that a probe has its answer within 2 s."""


class ReadinessReport(NamedTuple):
    """The state of each dependency, by name, and of each durable consumer, as documents."""

    dependencies: dict[str, dict[str, Any]]
    consumers: list[dict[str, Any]]

    @property
    def is_ready(self) -> bool:
        """Whether every dependency is up; the gateway can serve while consumers are behind."""
        return all(state["status"] == "up" for state in self.dependencies.values())


class Readiness:
    """Asks all dependencies at once, and how far the consumers are behind."""

    def __init__(self, dependencies: Sequence[Dependency], consumers: LagProbe) -> None:
        self._dependencies = dependencies
        self._consumers = consumers

    async def report(self) -> ReadinessReport:
        consumers, *states = await asyncio.gather(
            self._lags(), *(_check(dependency) for dependency in self._dependencies)
        )
        names = [dependency.name for dependency in self._dependencies]
        return ReadinessReport(dict(zip(names, states, strict=True)), consumers)

    async def _lags(self) -> list[dict[str, Any]]:
        try:
            async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
                lags = await self._consumers.lags()
        except (TradewindError, TimeoutError):
            return []
        return [_lag_document(durable, lag) for durable, lag in lags.items()]


async def _check(dependency: Dependency) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
            await dependency.check()
    except (TradewindError, TimeoutError) as error:
        code = error.code if isinstance(error, TradewindError) else "TIMEOUT"
        return {"status": "down", "error": code}
    latency_ms = round((time.perf_counter() - started) * 1_000, 3)
    return {"status": "up", "latency_ms": latency_ms}


def _lag_document(durable: str, lag: Lag | None) -> dict[str, Any]:
    if lag is None:
        return {"durable": durable, "status": "missing"}
    return {
        "durable": durable,
        "status": "active",
        "pending": lag.pending,
        "unacknowledged": lag.unacknowledged,
    }
