"""Publishes events and waits for JetStream's acknowledgements.

It has an inbox and futures of its own because the future of nats-py's `publish_async` is never
resolved when JetStream answers with an error.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any, Final

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError
from nats.js.api import Header

from tradewind.contracts.envelope import MAX_EVENT_BYTES, AnyEvent
from tradewind.contracts.streams import FENCE_HEADER, MESSAGE_ID_HEADER
from tradewind.contracts.trace_context import TRACEPARENT_HEADER
from tradewind.errors import PermanentError, TradewindError, TransientError, UnknownOutcome
from tradewind.runtime.connection import NatsConnection
from tradewind.runtime.decisions import KeptEvent
from tradewind.runtime.metrics import PUBLISH_FAILURES
from tradewind.runtime.streams import NO_ROOM
from tradewind.runtime.tracing import is_told, tell_published, traceparent
from tradewind.telemetry import DUPLICATES

PUBLISH_TIMEOUT_SECONDS: Final = 5.0
MAX_IN_FLIGHT: Final = 4_096
_NO_RESPONDERS: Final = "503"
_STREAM_MESSAGE_TOO_LARGE: Final = 10_054
_STORE_FAILED: Final = 10_077
_COPY_IN_PROCESS: Final = 10_158
_EXCEEDED: Final = " exceeded"
_DUPLICATE: Final = b'"duplicate"'
"""This key is in an acknowledgement only when the message was a copy, so its bytes are enough."""


class PublishRefused(TransientError):
    """The broker did not store the event. Publish the same event again later."""

    code = "PUBLISH_REFUSED"


class StreamFull(PublishRefused):
    """The stream is full and refuses the event. TRADEWIND_EVENTS_MAX_BYTES is its limit."""

    code = "STREAM_FULL"


class PublishTooLarge(PermanentError):
    """The event is larger than the broker stores. Publishing it again cannot succeed."""

    code = "PUBLISH_TOO_LARGE"


class PublishUnknown(UnknownOutcome):
    """No acknowledgement came. The event may be stored: publish it again under the same id."""

    code = "PUBLISH_UNKNOWN"


_Waiter = tuple[asyncio.Future[None], float]


class Publisher:
    """Publishes events with their id as `Nats-Msg-Id`, decisions with their fencing token, too.

    JetStream drops a copy within its duplicate window, so publishing an event twice is safe.
    """

    def __init__(
        self,
        connection: NatsConnection,
        *,
        timeout_seconds: float = PUBLISH_TIMEOUT_SECONDS,
        max_in_flight: int = MAX_IN_FLIGHT,
    ) -> None:
        self._connection = connection
        self._client = connection.client
        self._timeout_seconds = timeout_seconds
        self._capacity = asyncio.Semaphore(max_in_flight)
        self._waiters: dict[str, _Waiter] = {}
        self._tokens = count()
        self._prefix = ""
        self._starting = asyncio.Lock()
        self._subscription: Any = None
        self._overdue: asyncio.TimerHandle | None = None

    async def publish(self, event: AnyEvent | KeptEvent) -> None:
        """Publish one event. Raises PublishRefused, PublishTooLarge or PublishUnknown."""
        await self.publish_all((event,))

    async def publish_all(self, events: Iterable[AnyEvent | KeptEvent]) -> None:
        """Publish events in order, then wait for every acknowledgement; raises as `publish`."""
        if not is_told():
            await self._publish_all(events)
            return
        started_ns, told = time.time_ns(), tuple(events)
        await self._publish_all(told)
        tell_published(told, started_ns)

    async def _publish_all(self, events: Iterable[AnyEvent | KeptEvent]) -> None:
        futures = [await self._post_event(event) for event in events]
        refused: Exception | None = None
        try:
            for future in futures:
                try:
                    await future
                except TradewindError as error:  # the others are waited for all the same
                    refused = refused or error
        finally:
            for future in futures:  # nobody waits any more, where this was cancelled
                future.cancel()
        if refused is not None:
            raise refused

    async def publish_raw(self, subject: str, data: bytes, headers: Mapping[str, str]) -> None:
        """Publish bytes that need be no event, such as a dead letter; raises as `publish`."""
        await (await self._post(subject, data, dict(headers)))

    async def close(self) -> None:
        """Stop waiting; publications without an acknowledgement raise PublishUnknown."""
        if not self._prefix:
            return
        self._connection.disconnect_hooks.remove(self._give_up)
        self._give_up()
        if self._overdue is not None:
            self._overdue.cancel()
        with contextlib.suppress(NatsError):  # a closed connection has no subscriptions
            await self._subscription.unsubscribe()

    async def _post_event(self, event: AnyEvent | KeptEvent) -> asyncio.Future[None]:
        data, subject = event.to_bytes(), event.subject
        _check_size(subject, data)
        context = traceparent(event.correlation_id, event.event_id)
        headers = {MESSAGE_ID_HEADER: event.event_id, TRACEPARENT_HEADER: context}
        if isinstance(event, KeptEvent) and event.fencing_token:
            headers[FENCE_HEADER] = event.fencing_token
            # The ledger may have refused a copy from an earlier life of the database. Under the
            # same id the broker would drop this one as long as it remembers that one.
            headers[MESSAGE_ID_HEADER] = f"{event.event_id}-{event.fencing_token}"
        return await self._post(subject, data, headers)

    async def _post(
        self, subject: str, data: bytes, headers: dict[str, str]
    ) -> asyncio.Future[None]:
        if not self._prefix:
            await self._start()
        await self._capacity.acquire()
        token = str(next(self._tokens))
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._waiters[token] = future, loop.time() + self._timeout_seconds
        if self._overdue is None:
            self._expect_overdue()
        try:
            await self._client.publish(subject, data, self._prefix + token, headers)
        except MaxPayloadError as error:
            self._forget(token)
            raise _counted(PublishTooLarge(f"{subject}: {len(data)} bytes")) from error
        except (NatsError, OSError) as error:
            self._forget(token)
            raise _counted(
                PublishRefused(f"{subject}: {str(error) or type(error).__name__}")
            ) from error
        return future

    async def _start(self) -> None:
        async with self._starting:
            if self._prefix:
                return
            prefix = f"{self._client.new_inbox()}."
            self._subscription = await self._client.subscribe_directly(
                f"{prefix}*", cb=self._answer
            )
            self._connection.disconnect_hooks.append(self._give_up)
            self._prefix = prefix

    def _forget(self, token: str) -> asyncio.Future[None] | None:
        waiter = self._waiters.pop(token, None)
        if waiter is None:
            return None
        self._capacity.release()
        return waiter[0]

    async def _answer(self, message: Msg) -> None:
        future = self._forget(message.subject[len(self._prefix) :])
        if future is None or future.done():
            return
        error = _refusal(message)
        if error is None:
            if _DUPLICATE in message.data:
                DUPLICATES.labels("stream").inc()
            future.set_result(None)
        else:
            future.set_exception(_counted(error))

    def _expect_overdue(self) -> None:
        """Look again when the first that waits is overdue: an idle process has nothing to do."""
        if self._waiters:
            _, deadline = next(iter(self._waiters.values()))
            loop = asyncio.get_running_loop()
            self._overdue = loop.call_at(deadline, self._expire_overdue)

    def _expire_overdue(self) -> None:
        self._overdue = None
        try:
            self._expire(asyncio.get_running_loop().time())
        finally:
            self._expect_overdue()

    def _give_up(self) -> None:
        """Fail all waiters: an acknowledgement cannot arrive over another connection."""
        self._expire(float("inf"))

    def _expire(self, now: float) -> None:
        """Fail the waiters past their deadline; they are sorted by it, so only the first matter."""
        while self._waiters:
            token = next(iter(self._waiters))
            if self._waiters[token][1] > now:
                return
            future = self._forget(token)
            if future is not None and not future.done():
                future.set_exception(_counted(PublishUnknown("no acknowledgement in time")))


def check_size(event: KeptEvent) -> None:
    """Raise PublishTooLarge for an event that cannot be published."""
    _check_size(event.subject, event.data)


def _check_size(subject: str, data: bytes) -> None:
    if len(data) > MAX_EVENT_BYTES:
        raise PublishTooLarge(f"{subject}: {len(data)} of {MAX_EVENT_BYTES} bytes")


def _refusal(message: Msg) -> TransientError | PermanentError | UnknownOutcome | None:
    """Return why the broker did not store the message, or cannot say so; None when it did."""
    if message.headers and message.headers.get(Header.STATUS) == _NO_RESPONDERS:
        return PublishRefused("no stream takes this subject")
    if b'"error"' not in message.data:
        return None
    error = json.loads(message.data)["error"]
    code, description = error.get("err_code"), error.get("description", "refused")
    if code == _STREAM_MESSAGE_TOO_LARGE:
        return PublishTooLarge(description)
    if code == _COPY_IN_PROCESS:
        # An earlier copy waits for the other brokers of a cluster, which may yet refuse it.
        return PublishUnknown(description)
    if code in NO_ROOM or (code == _STORE_FAILED and description.endswith(_EXCEEDED)):
        return StreamFull(f"the stream is full: {description}")
    return PublishRefused(description)


def _counted[E: TradewindError](error: E) -> E:
    PUBLISH_FAILURES.labels(error.code).inc()
    return error
