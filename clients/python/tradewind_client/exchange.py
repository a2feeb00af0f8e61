"""Decides, without any I/O, what to send, when to send it again, and when to give up."""

import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from tradewind_client.calls import Answer, Call
from tradewind_client.errors import OutcomeUnknown, Unreachable
from tradewind_client.keys import ApiKey

RETRIED_STATUSES: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
FIRST_PAUSE_SECONDS: Final = 0.25
MAX_PAUSE_SECONDS: Final = 8.0
MAX_RETRY_AFTER_SECONDS: Final = 60.0
TIMESTAMP_OUTSIDE_WINDOW: Final = "TIMESTAMP_OUTSIDE_WINDOW"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request to send now; what is sent back is an Answer or a Failure."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer came. `was_sent` says whether the platform may have seen the request."""

    reason: str
    was_sent: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before the next attempt."""

    seconds: float


Step = Attempt | Pause
Outcome = Answer | Failure | None


@dataclass(slots=True)
class Exchanges:
    """Sends calls of one client: it holds its key and what it learned of the platform's clock."""

    key: ApiKey | None
    now: Callable[[], datetime]
    max_retries: int
    clock_offset_ms: int = 0

    def run[T](self, call: Call[T]) -> Generator[Step, Outcome, T]:
        """Yield attempts and pauses; return the result. Every attempt is signed anew.

        Raises Unreachable, OutcomeUnknown for a request that may have changed something, and the
        platform's refusal.
        """
        was_sent, clock_was_wrong = False, False
        for number in range(self.max_retries + 1):
            outcome = yield self._attempt(call)
            assert outcome is not None
            if isinstance(outcome, Failure):
                was_sent |= outcome.was_sent
                if number == self.max_retries or not _may_be_repeated(call, was_sent):
                    raise _given_up(call, outcome, was_sent)
                yield Pause(_pause_seconds(number))
                continue
            if not clock_was_wrong and self._learns_clock(outcome):
                clock_was_wrong = True
                outcome = yield self._attempt(call)
                assert outcome is not None
                if isinstance(outcome, Failure):
                    raise _given_up(call, outcome, was_sent or outcome.was_sent)
            is_last = number == self.max_retries or not _may_be_repeated(call, True)
            if is_last or outcome.status not in RETRIED_STATUSES:
                return _result(call, outcome)
            yield Pause(_pause_seconds(number, outcome.retry_after_seconds))
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, call: Call[object]) -> Attempt:
        headers = call.headers
        if self.key is not None:
            at_ms = int(self.now().timestamp() * 1_000) + self.clock_offset_ms
            headers["Authorization"] = self.key.authorization(
                call.method, call.target, call.body, at_ms
            )
        return Attempt(call.method, call.target, headers, call.body)

    def _learns_clock(self, answer: Answer) -> bool:
        """Set our clock by the platform's, where it refused our time; return whether it did."""
        if answer.status != 401 or answer.problem().get("code") != TIMESTAMP_OUTSIDE_WINDOW:
            return False
        try:
            theirs = parsedate_to_datetime(answer.headers.get("date", ""))
        except ValueError:
            return False
        self.clock_offset_ms = int((theirs.astimezone(UTC) - self.now()).total_seconds() * 1_000)
        return True


def _may_be_repeated(call: Call[object], was_sent: bool) -> bool:
    """Return whether another attempt can do no harm."""
    is_same_again = call.is_repeatable or call.idempotency_key is not None
    return call.method != "POST" or is_same_again or not was_sent


def _given_up(call: Call[object], failure: Failure, was_sent: bool) -> Exception:
    if call.method == "GET" or not was_sent:
        return Unreachable(failure.reason)
    return OutcomeUnknown(
        f"no answer came, so it is not known whether it was done: {failure.reason}",
        idempotency_key=call.idempotency_key,
    )


def _result[T](call: Call[T], answer: Answer) -> T:
    problem = answer.problem() if answer.status == 503 else {}
    if problem.get("code") == "OUTCOME_UNKNOWN" and call.method != "GET":
        raise OutcomeUnknown(
            str(problem.get("detail", "")),
            idempotency_key=call.idempotency_key,
            intent_id=problem.get("intent_id"),
        )
    return call.result(answer)


def _pause_seconds(number: int, asked_seconds: float | None = None) -> float:
    """Return how long to wait: what the platform asks for, else twice as long every time."""
    jitter = random.uniform(0.5, 1.0)
    if asked_seconds is not None:
        return min(asked_seconds, MAX_RETRY_AFTER_SECONDS) + jitter * FIRST_PAUSE_SECONDS
    return float(min(FIRST_PAUSE_SECONDS * 2**number, MAX_PAUSE_SECONDS) * jitter)
