"""Accepts an event: it is kept in the ingress journal first, and published then."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal

from prometheus_client import Counter

from gateway.errors import NotSubmitted, NotSubmittedInTime, SubmissionUnknown
from gateway.ports import EventPublisher, IngressJournal
from gateway.submission.idempotency import RequestIdentity
from tradewind.contracts.envelope import AnyEvent, Event, parse_event
from tradewind.contracts.payload import Payload
from tradewind.errors import TransientError, UnknownOutcome
from tradewind.ledger.upkeep.ingress import IngressUnavailable, IngressUnknown
from tradewind.runtime import clock
from tradewind.runtime.outage import Outage

PUBLISH_DEADLINE_SECONDS: Final = 3.0
FIRST_RETRY_DELAY_SECONDS: Final = 0.05
MAX_RETRY_DELAY_SECONDS: Final = 0.5

Attempt = Literal["stored", "unknown", "refused"]


class SubmissionPipeline:
    """Takes in the event that opens a history, whatever a client asked for with it.

    Once kept, an event that may have been published is accepted: the relay sends it until the
    ledger has it. One that provably was not published is taken back and refused, and so is one that
    took so long to keep that it has expired. `outcomes` counts what came of each: stored, refused
    or unknown.
    """

    def __init__(
        self,
        journal: IngressJournal,
        publisher: EventPublisher,
        outcomes: Counter,
        *,
        deadline_seconds: float = PUBLISH_DEADLINE_SECONDS,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._journal = journal
        self._publisher = publisher
        self._outcomes = outcomes
        self._deadline_seconds = deadline_seconds
        self._now = now
        self._outage = Outage("ingress journal")

    async def accept[P: Payload](
        self, event: Event[P], identity: RequestIdentity, expires_at: datetime
    ) -> Event[P]:
        """Return the event that stands: this one, or the earlier one of the same request.

        Raises NotSubmitted, NotSubmittedInTime, SubmissionUnknown, IngressUnavailable and KeyUsed.
        After `expires_at` a new event is never said to stand.
        """
        try:
            standing = await self._accept(event, identity, expires_at)
        except TransientError:
            self._outcomes.labels("refused").inc()
            raise
        except UnknownOutcome:
            self._outcomes.labels("unknown").inc()
            raise
        self._outcomes.labels("stored").inc()
        return standing

    async def _accept[P: Payload](
        self, event: Event[P], identity: RequestIdentity, expires_at: datetime
    ) -> Event[P]:
        earlier = await self._keep(event, identity)
        if earlier is not None:
            return parse_event(earlier)
        if self._now() >= expires_at:
            await self._take_back(event, NotSubmittedInTime(event))
        elif await self._publish(event) == "refused":
            await self._take_back(event, NotSubmitted(event))
        if self._now() >= expires_at:
            raise SubmissionUnknown(event)
        return event

    async def _keep(self, event: AnyEvent, identity: RequestIdentity) -> bytes | None:
        try:
            earlier = await self._journal.accept(event, identity)
        except (IngressUnknown, IngressUnavailable) as error:
            self._outage.failed(error)
            if isinstance(error, IngressUnknown):
                raise SubmissionUnknown(event) from error
            raise
        self._outage.succeeded()
        return earlier

    async def _take_back(self, event: AnyEvent, refusal: TransientError) -> None:
        """Raise the refusal once the event is withdrawn; return when it is on its way."""
        try:
            is_withdrawn = await self._journal.withdraw(event.event_id)
        except TransientError as error:
            raise SubmissionUnknown(event) from error
        if is_withdrawn:
            raise refusal

    async def _publish(self, event: AnyEvent) -> Attempt:
        """Publish until the broker has the event or the deadline has come.

        Every attempt carries the same message id, so the broker stores the event once. Refused
        means that no attempt can have reached it.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._deadline_seconds
        delay_seconds = FIRST_RETRY_DELAY_SECONDS
        outcome: Attempt = "refused"
        while True:
            attempt = await self._attempt(event)
            if attempt == "stored":
                return attempt
            if attempt == "unknown":
                outcome = attempt
            if loop.time() + delay_seconds >= deadline:
                return outcome
            await asyncio.sleep(delay_seconds)
            delay_seconds = min(delay_seconds * 2, MAX_RETRY_DELAY_SECONDS)

    async def _attempt(self, event: AnyEvent) -> Attempt:
        try:
            await self._publisher.publish(event)
        except UnknownOutcome:
            return "unknown"
        except TransientError:
            return "refused"
        return "stored"
