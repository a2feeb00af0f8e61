"""Questions that one role asks another and that change nothing: a request and its reply.

No stream keeps them. One process of the asked role answers; where none does in time, nobody is
told anything.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from tradewind.errors import TransientError
from tradewind.runtime.connection import NatsConnection

MAX_WAITING: Final = 64
"""Questions beyond these are dropped: whoever asked them does not wait so long."""
MAX_QUESTION_BYTES: Final = 128 * 1024

logger = structlog.get_logger(__name__)

Answer = Callable[[bytes], Awaitable[bytes]]
"""Answers a question while its asker waits; a TransientError says that it cannot now."""


class NotAnswered(TransientError):
    """No process of the role answered in time, or it cannot answer now. Ask again."""

    code = "NOT_ANSWERED"


class TooLate(TransientError):
    """The intent's time window closed before it was looked at. Ask with a longer one."""

    code = "TOO_LATE"


@asynccontextmanager
async def answering(
    connection: NatsConnection, subject: str, answer: Answer
) -> AsyncIterator[None]:
    """Answer questions for as long as the block runs, in turn with other processes."""

    async def handle(message: Msg) -> None:
        if len(message.data) > MAX_QUESTION_BYTES:
            return
        try:
            await message.respond(await answer(message.data))
        except TransientError as error:
            logger.warning("a question is not answered", subject=subject, error=str(error))
        except NatsError as error:
            logger.warning("an answer was not sent", subject=subject, error=str(error))
        except Exception:  # a defect must not end the subscription
            logger.exception("a question could not be answered", subject=subject)

    subscription = await connection.client.subscribe(
        subject, queue=subject, cb=handle, pending_msgs_limit=MAX_WAITING
    )
    try:
        yield
    finally:
        if connection.client.is_connected:
            await subscription.unsubscribe()


class Questions:
    """Asks questions over one connection."""

    def __init__(self, connection: NatsConnection, *, timeout_seconds: float) -> None:
        self._connection = connection
        self._timeout_seconds = timeout_seconds

    async def ask(self, subject: str, question: bytes) -> bytes:
        """Return the answer of one process; NotAnswered when none comes in time."""
        if not self._connection.is_connected:
            raise NotAnswered(subject)
        try:
            message = await self._connection.client.request(
                subject, question, timeout=self._timeout_seconds
            )
        except NatsError as error:
            raise NotAnswered(f"{subject}: {type(error).__name__}") from error
        return bytes(message.data)
