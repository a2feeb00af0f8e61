"""Records what arrived, a batch a second: ticks first, then the candles that are due."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from nats.aio.msg import Msg
from pydantic import ValidationError

from actors.recorder import metrics
from tradewind.contracts.market.ticks import (
    MAX_TICK_AGE,
    MAX_TICK_AHEAD,
    TICK,
    MarketTick,
    tick_subject,
)
from tradewind.runtime import clock
from tradewind.runtime.ack_subject import parse_ack_subject
from tradewind.trading.ticks.candles import Candle, is_due
from tradewind.trading.ticks.store import MAX_MINUTES, ReceivedTick, TickStore


class Batches(Protocol):
    """Messages of the stream of ticks."""

    def arrived(self) -> list[Msg]: ...

    async def settle(self, messages: Sequence[Msg]) -> None: ...

    async def release(self, messages: Sequence[Msg], delay_ms: int = 0) -> None: ...


RETRY_MS: Final = 1_000


class Recording:
    """What one process records while it has the turn."""

    def __init__(
        self, store: TickStore, batches: Batches, now: Callable[[], datetime] = clock.now
    ) -> None:
        self._store = store
        self._batches = batches
        self._now = now
        self._open: set[Candle] = set()

    async def begin(self) -> None:
        """Find the minutes that a process before this one left without a candle."""
        self._open = await self._store.open_minutes()

    async def step(self) -> None:
        """Record what arrived; TurnLost or TransientError, after which it arrives again."""
        started, now = time.monotonic(), self._now()
        overdue = [minute for minute in sorted(self._open) if is_due(minute.begins, now)]
        due = overdue[:MAX_MINUTES]
        # The newest candle of an instrument has to say that all before it are made.
        messages = [] if due != overdue else self._batches.arrived()
        received = [one for one in map(self._parsed, messages) if one is not None]
        try:
            new = await self._store.record(received, due, now)
        except BaseException:
            await self._batches.release(messages, RETRY_MS)
            raise
        await self._batches.settle(messages)
        minutes = {one.minute for one in received}
        late = {one for one in minutes if is_due(one.begins, now)}
        self._open = (self._open | minutes) - late - set(due)
        self._report(received, new, len(late.union(due)), started)

    def _parsed(self, message: Msg) -> ReceivedTick | None:
        """Return a tick; None, and counted, for what is none or not of this time."""
        try:
            tick = TICK.validate_json(message.data)
        except ValidationError:
            metrics.REFUSED.labels("invalid").inc()
            return None
        reason = _refusal(tick, message.subject, self._now())
        if reason:
            metrics.REFUSED.labels(reason).inc()
            return None
        return ReceivedTick(tick, parse_ack_subject(message.reply).stream_sequence)

    def _report(
        self, received: Sequence[ReceivedTick], new: int, made: int, started: float
    ) -> None:
        now = self._now()
        metrics.RECORDED.inc(new)
        metrics.CANDLES.inc(made)
        metrics.LATE.inc(sum(is_due(one.minute.begins, now) for one in received))
        metrics.OPEN_MINUTES.set(len(self._open))
        oldest = min((one.tick.time for one in received), default=now)
        metrics.LAG.set(max(0.0, (now - oldest).total_seconds()))
        metrics.BATCH_SECONDS.observe(time.monotonic() - started)


def _refusal(tick: MarketTick, subject: str, now: datetime) -> str:
    """Return why a tick is not kept; empty when it is."""
    if subject != tick_subject(tick.instrument):
        return "subject"
    if tick.time < now - MAX_TICK_AGE:
        return "old"
    return "ahead" if tick.time > now + MAX_TICK_AHEAD else ""
