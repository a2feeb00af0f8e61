"""Accepts an event: it is kept in the ingress journal first, and published then."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple

from prometheus_client import Counter

from gateway.errors import SubmissionUnknown
from gateway.ports import EventPublisher, IngressJournal
from gateway.submission.idempotency import RequestIdentity
from tradewind.contracts.envelope import AnyEvent, Event, parse_event
from tradewind.contracts.payload import Payload
from tradewind.errors import TradewindError, TransientError, UnknownOutcome
from tradewind.ledger.upkeep.ingress import IngressTooLate, IngressUnavailable, IngressUnknown
from tradewind.runtime import clock
from tradewind.runtime.decisions import KeptEvent, kept
from tradewind.runtime.outage import Outage

LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
"""What expired then is not kept, and an earlier request with its key is found all the same."""


class Standing[P: Payload](NamedTuple):
    """The event that stands for a request, and whether an earlier request put it there."""

    event: Event[P]
    is_repeated: bool = False


class SubmissionPipeline:
    """Takes in the event that opens a history, whatever a client asked for with it.

    What is kept is accepted and never taken back: what the broker does not take at once, the relay
    sends until the ledger has it. `outcomes` counts what came of each: stored, refused or unknown.
    """

    def __init__(
        self,
        journal: IngressJournal,
        publisher: EventPublisher,
        outcomes: Counter,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._journal = journal
        self._publisher = publisher
        self._outcomes = outcomes
        self._now = now
        self._outage = Outage("ingress journal")
        self._broker_outage = Outage("publishing of what is accepted")

    async def accept[P: Payload](
        self, event: Event[P], identity: RequestIdentity, expires_at: datetime
    ) -> Standing[P]:
        """Return the event that stands: this one, or the earlier one of the same request.

        Raises SubmissionUnknown, IngressUnavailable, IngressTooLate and KeyUsed. After `expires_at`
        a new event is never said to stand.
        """
        return await self._counted(self._accept(event, identity, expires_at))

    async def refuse[P: Payload](
        self, event: Event[P], identity: RequestIdentity, refusal: TradewindError
    ) -> Standing[P]:
        """Raise the refusal of a new request; return the event of one that was accepted before."""
        return await self._counted(self._refuse(event, identity, refusal))

    async def _counted[S](self, outcome: Awaitable[S]) -> S:
        try:
            standing = await outcome
        except TransientError:
            self._outcomes.labels("refused").inc()
            raise
        except UnknownOutcome:
            self._outcomes.labels("unknown").inc()
            raise
        self._outcomes.labels("stored").inc()
        return standing

    async def _refuse[P: Payload](
        self, event: Event[P], identity: RequestIdentity, refusal: TradewindError
    ) -> Standing[P]:
        if identity.key is None:
            raise refusal
        written = kept(event)
        try:
            earlier = await self._keep(event, written, identity, LONG_AGO)
        except IngressTooLate:
            raise refusal from None
        assert earlier is not None
        return Standing(parse_event(earlier), is_repeated=True)

    async def _accept[P: Payload](
        self, event: Event[P], identity: RequestIdentity, expires_at: datetime
    ) -> Standing[P]:
        written = kept(event)
        earlier = await self._keep(event, written, identity, expires_at)
        if earlier is not None:
            return Standing(parse_event(earlier), is_repeated=True)
        await self._publish(written)
        if self._now() >= expires_at:
            raise SubmissionUnknown(event)
        return Standing(event)

    async def _keep(
        self,
        event: AnyEvent,
        written: KeptEvent,
        identity: RequestIdentity,
        expires_at: datetime,
    ) -> bytes | None:
        try:
            earlier = await self._journal.accept(written, identity, expires_at)
        except (IngressUnknown, IngressUnavailable) as error:
            self._outage.failed(error)
            if isinstance(error, IngressUnknown):
                raise SubmissionUnknown(event, is_its_id=identity.key is None) from error
            raise
        self._outage.succeeded()
        return earlier

    async def _publish(self, event: KeptEvent) -> None:
        """Publish once, so that whoever waits for the answer need not wait for the broker too."""
        try:
            await self._publisher.publish(event)
        except (TransientError, UnknownOutcome) as error:
            self._broker_outage.failed(error)
        else:
            self._broker_outage.succeeded()
