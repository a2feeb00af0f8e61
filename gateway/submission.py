"""Turns an intent into `intent.submitted` and does not answer before the broker has it."""

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.ports import EventPublisher
from gateway.recent import Outcome, RecentSubmissions, Submission
from tradewind.contracts.envelope import Event, first_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.intents import Intent
from tradewind.contracts.names import Role
from tradewind.contracts.payloads import IntentSubmitted
from tradewind.contracts.topics import EventKey
from tradewind.errors import TransientError, UnknownOutcome

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
    """The broker did not answer: the intent may be stored. Look it up before submitting again."""

    code = "SUBMISSION_UNKNOWN"

    def __init__(self, submission: Submission) -> None:
        super().__init__(submission.intent_id)
        self.submission = submission


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


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
    """Publishes intents, repeating under the same message id while the outcome is open."""

    def __init__(
        self,
        publisher: EventPublisher,
        recent: RecentSubmissions,
        *,
        clock: Clock = utc_now,
        entropy: Entropy = os.urandom,
        deadline_seconds: float = PUBLISH_DEADLINE_SECONDS,
    ) -> None:
        self._publisher = publisher
        self._recent = recent
        self._clock = clock
        self._entropy = entropy
        self._deadline_seconds = deadline_seconds

    async def submit(self, intent: Intent) -> Submission:
        """Return the stored submission; raises NotSubmitted or SubmissionUnknown."""
        event = submitted_event(intent, at=self._clock(), entropy=self._entropy(10))
        outcome = await self._publish(event)
        if outcome is None:
            raise NotSubmitted(Submission(event, "unknown"))
        submission = Submission(event, outcome)
        self._recent.remember(submission)
        if outcome == "unknown":
            raise SubmissionUnknown(submission)
        return submission

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
