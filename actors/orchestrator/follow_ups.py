"""Publishes what follows from events that waited for their venue's answer.

Their messages are acknowledged: the venue keeps the events, and its watcher brings the answers.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import structlog

from actors.orchestrator import decide
from actors.venues.contract import AnsweredEvent, FollowingVenue
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.runtime import clock
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated

MAX_RETRY_SECONDS: Final = 1.0
STOP_SECONDS: Final = 2.0

logger = structlog.get_logger(__name__)

Publish = Callable[[Sequence[AnyEvent]], Awaitable[None]]


class FollowUps:
    """Publishes the follow-ups of one venue.

    The venue forgets an event only after every broker's acknowledgement, so a crash in between
    leads to the same events again, which are discarded by their ids.
    """

    def __init__(
        self,
        venue: FollowingVenue,
        publish: Publish,
        confirm_within: timedelta,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._venue = venue
        self._publish = publish
        self._confirm_within = confirm_within
        self._now = now

    async def publish_answered(self) -> None:
        """Wait for answers, at most a while, and publish what follows from each."""
        answered = await self._venue.answered()
        events: list[AnyEvent] = []
        done: list[str] = []
        for one in answered:
            try:
                events += self._after(one)
                done.append(one.event_id)
            except Exception:  # a defect in one must not keep back the others
                logger.exception("nothing can be said after an answer", eventId=one.event_id)
        if done:
            await self._publish(events)
            await self._venue.forget(done)

    def _after(self, one: AnsweredEvent) -> list[AnyEvent]:
        event = parse_event(one.body)
        return decide.answered(event, one.answer, self._confirm_within, self._now())


@asynccontextmanager
async def published(follow_ups: FollowUps) -> AsyncIterator[None]:
    """Publish follow-ups for as long as the block runs."""
    outage = Outage("follow-ups", max_seconds=MAX_RETRY_SECONDS)
    async with repeated(0.0, follow_ups.publish_answered, outage, stop_seconds=STOP_SECONDS):
        yield
