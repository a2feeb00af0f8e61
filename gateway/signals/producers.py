"""Takes in signals of our own producers at the broker: a request on `submit.signal.<source>`.

The checks are those of `POST /signals`. Who may ask there is a matter of the broker's users.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple, Protocol

import orjson
import structlog
from nats.errors import Error as NatsError

from gateway.http.field_errors import FieldError
from gateway.http.limits import MAX_BODY_BYTES
from gateway.http.problems import Problem, ProblemCode, body_of_problem, problem_of
from gateway.http.strict_json import InvalidDocument
from gateway.limits.limiter import RateLimiter
from gateway.limits.policy import Charge
from gateway.metrics import SIGNALS_INVALID
from gateway.signals.answers import EnqueuedSignal
from gateway.signals.body import NOUN, parse_signal
from gateway.signals.intake import Sender, asked_of
from gateway.signals.service import Signals
from tradewind.contracts.streams import SIGNAL_SUBMISSIONS, SIGNAL_SUBMISSIONS_PREFIX
from tradewind.runtime.connection import NatsConnection

QUEUE: Final = "gateway"
MAX_WAITING: Final = 256
"""Requests beyond these are dropped: who asked hears nothing, and asks again."""
CREATED: Final = 201

logger = structlog.get_logger(__name__)


class Asking(Protocol):
    """A message of the broker that awaits a reply."""

    subject: str
    data: bytes

    async def respond(self, data: bytes) -> None: ...


class Producers(NamedTuple):
    """Answers producers."""

    signals: Signals
    limiter: RateLimiter

    async def answer(self, message: Asking) -> None:
        """Take in the signal of a message, and reply; nothing of it raises."""
        try:
            await message.respond(await self._answer(message))
        except NatsError as error:
            logger.warning("an answer was not sent", subject=SIGNAL_SUBMISSIONS, error=str(error))

    async def _answer(self, message: Asking) -> bytes:
        try:
            return orjson.dumps(await self._take(message))
        except Exception as error:
            problem = problem_of(error)
            if problem.code is ProblemCode.INTERNAL_ERROR:
                logger.exception("a signal could not be taken in")
            elif not isinstance(error, Problem) and isinstance(error, ValueError):
                SIGNALS_INVALID.labels("broker").inc()
            document = orjson.loads(body_of_problem(problem, SIGNAL_SUBMISSIONS_PREFIX))
            return orjson.dumps({"status": problem.code.status, "problem": document})

    async def _take(self, message: Asking) -> Mapping[str, Any]:
        source = message.subject.removeprefix(f"{SIGNAL_SUBMISSIONS_PREFIX}.")
        if len(message.data) > MAX_BODY_BYTES:
            error = FieldError("body", "is too large, in bytes", MAX_BODY_BYTES)
            raise Problem(ProblemCode.BODY_TOO_LARGE, "the signal is too large", errors=[error])
        submitted = parse_signal(message.data)
        if submitted.source != source:
            wrong = FieldError("source", "must be that of the subject")
            raise InvalidDocument(NOUN, (wrong,))
        if self.signals.policy is not None:
            await self.limiter.check([Charge(self.signals.policy, f"source-{source}")])
        sender = Sender("broker", f"producer:{source}")
        standing = await self.signals.intake.submit(asked_of(submitted, None), sender)
        taken = EnqueuedSignal.of(standing.event).model_dump(mode="json")
        return {"status": CREATED, "replayed": standing.is_repeated, "signal": taken}


@asynccontextmanager
async def answering_producers(
    connection: NatsConnection, producers: Producers
) -> AsyncIterator[None]:
    """Answer producers for as long as the block runs, in turn with other processes."""
    subscription = await connection.client.subscribe(
        SIGNAL_SUBMISSIONS, queue=QUEUE, cb=producers.answer, pending_msgs_limit=MAX_WAITING
    )
    try:
        yield
    finally:
        if connection.client.is_connected:
            await subscription.unsubscribe()
