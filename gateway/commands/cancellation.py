"""Keeps and publishes requests to cancel intents; the roles that hold the intents honour them."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from gateway.errors import CancelUnavailable
from gateway.ports import CancelJournal, EventPublisher
from tradewind.contracts.envelope import Event
from tradewind.contracts.intents.cancellation import cancel_request
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.errors import TransientError, UnknownOutcome
from tradewind.runtime import clock


class IntentCanceller:
    """Takes in requests to cancel.

    One that is kept counts from then on, whether or not the broker has it: who decides about the
    intent looks into the journal. The event tells the world, and makes the orchestrator act on what
    is in flight; the relay sends it if we do not.
    """

    def __init__(
        self,
        journal: CancelJournal,
        publisher: EventPublisher,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._journal = journal
        self._publisher = publisher
        self._now = now

    async def cancel(self, opening: Event[IntentSubmitted], requested_by: str) -> str:
        """Keep and publish the request; return its id, which is the same for every repetition.

        CancelUnavailable when it is not certain that it was kept.
        """
        request = cancel_request(opening, requested_by, self._now())
        try:
            is_new = await self._journal.accept(request)
        except TransientError as error:
            raise CancelUnavailable(opening.payload.intent_id) from error
        if is_new:
            with suppress(TransientError, UnknownOutcome):
                await self._publisher.publish(request)
        return request.event_id
