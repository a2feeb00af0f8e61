"""Finds out whether the gateway can serve, within a time that holds whatever hangs."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, NamedTuple

from gateway.ports import Dependency, LagByDurable, LagProbe
from tradewind.errors import TradewindError
from tradewind.runtime.broker_stats import Lag

CHECK_TIMEOUT_SECONDS: Final = 1.5
"""Nobody waits longer for a dependency; what has not answered by then is down."""
KEPT_SECONDS: Final = 1.0
"""Who asks again within this time gets the same answer, however many ask."""
CONSUMERS: Final = "consumers"


class ReadinessReport(NamedTuple):
    """The state of each dependency, by name, and of each durable consumer, as documents.

    `lags` are those of the consumers as they were told; empty while the broker is silent.
    """

    dependencies: dict[str, dict[str, Any]]
    consumers: list[dict[str, Any]]
    lags: LagByDurable

    @property
    def is_ready(self) -> bool:
        """Whether every dependency is up; the gateway can serve while consumers are behind."""
        return all(state["status"] == "up" for state in self.dependencies.values())


class Readiness:
    """Asks all dependencies at once, and how far the consumers are behind.

    A question that hangs is neither cancelled, which may hang as well, nor asked a second time:
    the next report waits for the same one. So there is one question for each dependency at most.
    """

    def __init__(
        self,
        dependencies: Sequence[Dependency],
        consumers: LagProbe,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._dependencies = dependencies
        self._consumers = consumers
        self._clock = clock
        self._questions: dict[str, asyncio.Task[Any]] = {}
        self._asking: asyncio.Task[ReadinessReport] | None = None
        self._answered_at = float("-inf")

    async def report(self) -> ReadinessReport:
        """Return what was found within the last second, or ask."""
        asking = self._asking
        if asking is None or self._is_outdated(asking):
            asking = self._asking = asyncio.create_task(self._ask(), name="readiness")
        # Who leaves must not take the answer away from others that wait for it.
        return await asyncio.shield(asking)

    async def close(self) -> None:
        """Stop asking."""
        open_questions = [one for one in self._questions.values() if not one.done()]
        for question in open_questions:
            question.cancel()
        if open_questions:
            await asyncio.wait(open_questions, timeout=CHECK_TIMEOUT_SECONDS)

    def _is_outdated(self, asked: asyncio.Task[ReadinessReport]) -> bool:
        return asked.done() and self._clock() - self._answered_at >= KEPT_SECONDS

    async def _ask(self) -> ReadinessReport:
        states = {one.name: self._question(one.name, _check(one)) for one in self._dependencies}
        lags = self._question(CONSUMERS, self._lags())
        await asyncio.wait([*states.values(), lags], timeout=CHECK_TIMEOUT_SECONDS)
        self._answered_at = self._clock()
        known = lags.result() if lags.done() else {}
        return ReadinessReport(
            {name: _state(question) for name, question in states.items()},
            [_lag_document(*lag) for lag in known.items()],
            known,
        )

    def _question[T](self, name: str, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Return the question that is open, or ask it."""
        known = self._questions.get(name)
        if known is not None and not known.done():
            coroutine.close()
            return known
        self._questions[name] = asyncio.create_task(coroutine, name=f"readiness of {name}")
        return self._questions[name]

    async def _lags(self) -> LagByDurable:
        try:
            return await self._consumers.lags()
        except (TradewindError, TimeoutError):
            return {}


def _state(question: asyncio.Task[dict[str, Any]]) -> dict[str, Any]:
    return question.result() if question.done() else {"status": "down", "error": "TIMEOUT"}


async def _check(dependency: Dependency) -> dict[str, Any]:
    started = time.perf_counter()
    try:
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
