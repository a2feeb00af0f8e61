"""Turns an intent into `intent.submitted`: kept first, then published, then answered."""

import asyncio
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from gateway.ports import EventPublisher, Journal
from gateway.recent import Outcome, RecentSubmissions, Submission
from tradewind.contracts.envelope import Event, first_event, parse_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.roles import Role
from tradewind.contracts.subjects import EventKey
from tradewind.errors import TransientError, UnknownOutcome
from tradewind.ledger.upkeep.ingress import IngressUnknown, Request
from tradewind.runtime import clock

PUBLISH_DEADLINE_SECONDS: Final = 3.0
FIRST_RETRY_DELAY_SECONDS: Final = 0.05
MAX_RETRY_DELAY_SECONDS: Final = 0.5

Clock = Callable[[], datetime]
Entropy = Callable[[int], bytes]


class NotSubmitted(TransientError):
    """The broker refused or was never reached: nothing was submitted, so submit again later."""

    code = "NOT_SUBMITTED"

    def __init__(self, submission: Submission) -> None:
        super().__init__(submission.intent_id)
        self.submission = submission


class SubmissionUnknown(UnknownOutcome):
    """It is not certain that the intent was kept. Look it up before submitting again."""

    code = "SUBMISSION_UNKNOWN"

    def __init__(self, submission: Submission) -> None:
        super().__init__(submission.intent_id)
        self.submission = submission


def submitted_event(intent: Intent, *, at: datetime, entropy: bytes) -> Event[IntentSubmitted]:
    """Return the event that opens an intent's history; `entropy` is 10 random bytes."""
    intent_id = make_ulid(int(at.timestamp() * 1_000), entropy)
    window = timedelta(seconds=intent.constraints.time_window)
    return first_event(
        IntentSubmitted(intent_id=intent_id, intent=intent, expires_at=at + window),
        correlation_id=make_correlation_id(CorrelationKind.INTENT, intent_id),
        key=EventKey(instrument=intent.instrument, portfolio=intent.strategy_id),
        producer=Role.GATEWAY.value,
        at=at,
    )


class Submitter:
    """Keeps and publishes intents, repeating under the same message id while the outcome is open.

    Once kept, an intent that may have been published is accepted: the relay sends it until the
    ledger has it. One that provably was not published is taken back and refused.
    """

    def __init__(
        self,
        journal: Journal,
        publisher: EventPublisher,
        recent: RecentSubmissions,
        *,
        now: Clock = clock.now,
        entropy: Entropy = os.urandom,
        deadline_seconds: float = PUBLISH_DEADLINE_SECONDS,
    ) -> None:
        self._journal = journal
        self._publisher = publisher
        self._recent = recent
        self._now = now
        self._entropy = entropy
        self._deadline_seconds = deadline_seconds

    async def submit(self, intent: Intent, request: Request) -> Submission:
        """Return the submission, the earlier one for a request that was made before.

        Raises NotSubmitted, SubmissionUnknown, IngressUnavailable and KeyUsed.
        """
        event = submitted_event(intent, at=self._now(), entropy=self._entropy(10))
        try:
            earlier = await self._journal.accept(event, request)
        except IngressUnknown as error:
            raise self._unknown(event) from error
        if earlier is not None:
            return Submission(parse_event(earlier), "stored")
        if await self._publish(event) is None:
            await self._take_back(event)
        submission = Submission(event, "stored")
        self._recent.remember(submission)
        return submission

    async def _take_back(self, event: Event[IntentSubmitted]) -> None:
        """Raise NotSubmitted once the intent is withdrawn; return when it is on its way."""
        try:
            is_withdrawn = await self._journal.withdraw(event.event_id)
        except TransientError as error:
            raise self._unknown(event) from error
        if is_withdrawn:
            raise NotSubmitted(Submission(event, "unknown"))

    def _unknown(self, event: Event[IntentSubmitted]) -> SubmissionUnknown:
        submission = Submission(event, "unknown")
        self._recent.remember(submission)
        return SubmissionUnknown(submission)

    async def _publish(self, event: Event[IntentSubmitted]) -> Outcome | None:
        """Return how it ended; None when it provably did not happen."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._deadline_seconds
        delay_seconds = FIRST_RETRY_DELAY_SECONDS
        outcome: Outcome | None = None
        while True:
            attempt = await self._attempt(event)
            if attempt == "stored":
                return attempt
            outcome = outcome or attempt
            if loop.time() + delay_seconds >= deadline:
                return outcome
            await asyncio.sleep(delay_seconds)
            delay_seconds = min(delay_seconds * 2, MAX_RETRY_DELAY_SECONDS)

    async def _attempt(self, event: Event[IntentSubmitted]) -> Outcome | None:
        try:
            await self._publisher.publish(event)
        except UnknownOutcome:
            return "unknown"
        except TransientError:
            return None
        return "stored"
