"""Pulls messages from a durable consumer, with overlapping requests to hide the round trip.

Requested and held messages together never exceed `capacity`, which is both the concurrency limit
and the back-pressure. JetStream serves open requests in turn, whichever worker they are from. So
every worker keeps exactly two open (one with a capacity of 1 keeps one): otherwise the worker that
started first would get more than its share. A pull request ends with its connection or its
consumer, so the requests are sent again after a reconnect, and a watchdog declares the consumer
again when its heartbeats stop.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, NamedTuple

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import Header

from tradewind.runtime.ack_subject import first_delivery_prefix, is_delivery, parse_ack_subject
from tradewind.runtime.connection import NatsConnection
from tradewind.runtime.consumers import ConsumerSpec, declare_consumer
from tradewind.runtime.metrics import REDELIVERED
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import run_every

MAX_PULL_BATCH: Final = 256
OPEN_REQUESTS: Final = 2
PROGRESS_FRACTION: Final = 3
"""A held message is reported in progress three times within its ack wait."""

_NANOSECONDS: Final = 1_000_000_000
_HEARTBEAT: Final = "100"
_EXPIRED: Final = ("404", "408")
ACK: Final = b"+ACK"
ACK_AND_NEXT: Final = b"+NXT "
"""It acknowledges as well, and a request for more follows it in the same message."""
_IN_PROGRESS: Final = b"+WPI"


class PullPace(NamedTuple):
    """How often an idle consumer and its client exchange messages; all fields are in seconds."""

    expires_seconds: float
    """A request that is not filled expires after this time."""
    heartbeat_seconds: float
    silence_seconds: float
    """The consumer is declared again when nothing was heard from it for this long."""
    max_tick_seconds: float
    """The longest pause between two runs of the watchdog."""


SHARED_PACE: Final = PullPace(10.0, 1.0, 2.5, 0.5)
PARTITION_PACE: Final = PullPace(60.0, 5.0, 12.5, 2.0)
"""A worker has many partitions and most are idle, so each exchanges little. Detecting a deleted
consumer does not suffer: the server reports that immediately, without a heartbeat."""


def _request_at(pace: PullPace) -> bytes:
    """Return a request without the number of messages it asks for."""
    return b'{"batch": %%d, "expires": %d, "idle_heartbeat": %d}' % (
        int(pace.expires_seconds * _NANOSECONDS),
        int(pace.heartbeat_seconds * _NANOSECONDS),
    )


def end_request(open_requests: deque[int], unfilled: int) -> None:
    """Take away a request that ended with so many messages missing.

    For which request a message was is a guess while a new one is on its way. Where the guess was
    wrong another request has the difference, so the sum stays what the broker may yet deliver.
    """
    while unfilled > 0 and open_requests:
        nearest = min(open_requests, key=lambda left: abs(left - unfilled))
        open_requests.remove(nearest)
        if nearest > unfilled:
            open_requests.append(nearest - unfilled)
        unfilled -= nearest


class PullConsumer:
    """Passes the messages of a consumer to `on_message`, which settles each by ack, nak or term."""

    def __init__(
        self,
        connection: NatsConnection,
        spec: ConsumerSpec,
        *,
        capacity: int,
        on_message: Callable[[Msg], None],
        pace: PullPace = SHARED_PACE,
        before_pulling: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`before_pulling` ends before anything of a connection or a declaration is requested."""
        self._connection = connection
        self._client = connection.client
        self._spec = spec
        self._capacity = capacity
        self._request_size = min(MAX_PULL_BATCH, max(capacity // OPEN_REQUESTS, 1))
        self._min_request = max(capacity // 8, 1)
        self._on_message = on_message
        self._before_pulling = before_pulling
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{spec.stream}.{spec.durable}"
        self._inbox = self._client.new_inbox()
        self._generation = 0
        self._reconnects = 0
        self._first_delivery = first_delivery_prefix(spec.stream, spec.durable)
        self._redelivered = REDELIVERED.labels(spec.stream, spec.counted_as)
        self._open: deque[int] = deque()
        self._held: dict[str, float] = {}
        self._progress_seconds = spec.ack_wait_ms / 1_000 / PROGRESS_FRACTION
        self._pace = pace
        self._request = _request_at(pace)
        self._tick_seconds = min(pace.max_tick_seconds, self._progress_seconds)
        self._running = False
        self._heard_at = 0.0
        self._subscription: Any = None
        self._watchdog: asyncio.Task[None] | None = None

    @property
    def held(self) -> int:
        """How many messages are delivered and not settled."""
        return len(self._held)

    async def start(self) -> None:
        """Declare the consumer and send the first pull requests."""
        await declare_consumer(self._connection, self._spec)
        self._loop = asyncio.get_running_loop()
        self._subscription = await self._client.subscribe_directly(
            f"{self._inbox}.*", cb=self._receive
        )
        self._running = True
        self._heard_at = self._loop.time()
        self._connection.reconnect_hooks.append(self._arm)
        self._watchdog = self._loop.create_task(self._watch())
        await self.rearm()

    async def rearm(self) -> None:
        """Forget the open requests, which are lost, and send new ones.

        Those of a broker that was only silent are not lost. Their ends come to an inbox of their
        own, as each would be replaced for good if it were taken for the end of a new one.
        """
        if self._before_pulling is not None:
            await self._before_pulling()
        self._open.clear()
        self._generation += 1
        self._reconnects = self._client.stats["reconnects"]
        self._heard_at = self._loop.time()
        await self._pull()

    async def _arm(self) -> None:
        """Send requests over a new connection, unless the watchdog was faster."""
        if not self._is_armed:
            await self.rearm()

    async def stop_pulling(self) -> None:
        """Send no more requests, and nack what still arrives. Held messages stay held."""
        if not self._running:
            return
        self._running = False
        self._connection.reconnect_hooks.remove(self._arm)
        if self._client.is_connected:
            with contextlib.suppress(NatsError):  # without a connection nothing more arrives
                await self._subscription.drain()

    async def close(self) -> None:
        """Stop reporting held messages in progress, so that the server will redeliver them."""
        await self.stop_pulling()
        if self._watchdog is not None:
            self._watchdog.cancel()

    async def ack(self, message: Msg) -> None:
        """Acknowledge a message, and ask with it for what there is room for then.

        It is handled and never delivered again.
        """
        self._held.pop(message.reply, None)
        request = self._next_request()
        if request is None:
            await self._client.publish(message.reply, ACK)
            return
        await self._client.publish(message.reply, ACK_AND_NEXT + request, self._reply)
        await self._pull()

    async def ack_all(self, messages: Iterable[Msg]) -> None:
        """Acknowledge messages, and ask once for what there is room for then."""
        replies = [message.reply for message in messages]
        for reply in replies:
            self._held.pop(reply, None)
        await self._client.publish_to_all(replies, ACK)
        await self._pull()

    async def nak(self, message: Msg, delay_ms: int = 0) -> None:
        """Nack a message: it is delivered again, after `delay_ms` at the earliest."""
        delay = b' {"delay": %d}' % (delay_ms * 1_000_000) if delay_ms else b""
        await self._settle(message, b"-NAK" + delay)

    async def term(self, message: Msg) -> None:
        """Terminate a message: it is not handled and yet never delivered again."""
        await self._settle(message, b"+TERM")

    def drop(self, message: Msg) -> None:
        """Free a message's capacity without an answer; it is redelivered after its ack wait."""
        self._held.pop(message.reply, None)

    async def _settle(self, message: Msg, answer: bytes) -> None:
        self._held.pop(message.reply, None)
        await self._client.publish(message.reply, answer)
        await self._pull()

    async def _pull(self) -> None:
        """Replace requests that ended, once enough capacity is free to be worth a round trip."""
        while (request := self._next_request()) is not None:
            await self._client.publish(self._subject, request, self._reply)

    def _next_request(self) -> bytes | None:
        """Return a request that is open from now on; None while none is to be sent."""
        if len(self._open) >= OPEN_REQUESTS or not self._running:
            return None
        free = self._capacity - sum(self._open) - len(self._held)
        wanted = min(self._request_size, free)
        if wanted < self._min_request or not self._is_armed:
            return None
        self._open.append(wanted)
        return self._request % wanted

    @property
    def _is_armed(self) -> bool:
        """Whether requests of this generation are of the connection there is.

        What is published without one is sent over the next, for which `rearm` asks once more.
        """
        return self._client.is_connected and self._client.stats["reconnects"] == self._reconnects

    @property
    def _reply(self) -> str:
        return f"{self._inbox}.{self._generation}"

    def _count_delivery(self) -> None:
        """Mirror the server, which serves the oldest open request and then puts it last."""
        if self._open:
            left = self._open.popleft() - 1
            if left:
                self._open.append(left)

    async def _receive(self, message: Msg) -> None:
        self._heard_at = now = self._loop.time()
        if not is_delivery(message.reply):
            headers = message.headers or {}
            if message.subject == self._reply and Header.STATUS in headers:
                await self._handle_status(headers[Header.STATUS], headers)
            return
        self._count_delivery()
        # Parsing is for redeliveries, which are rare: the prefix identifies a first delivery.
        is_first = message.reply.startswith(self._first_delivery)
        if not is_first and parse_ack_subject(message.reply).is_redelivery:
            self._redelivered.inc()
        self._held[message.reply] = now
        if self._running:
            self._on_message(message)
        else:
            await self.nak(message)

    async def _handle_status(self, status: str, headers: dict[str, str]) -> None:
        """Handle a status message: anything but a heartbeat means that a pull request ended."""
        if status == _HEARTBEAT:
            return
        if self._open:
            end_request(self._open, int(headers.get("Nats-Pending-Messages", self._open[0])))
        if status in _EXPIRED:
            await self._pull()
        else:
            self._heard_at = float("-inf")  # the consumer may be deleted: the watchdog declares it

    async def _watch(self) -> None:
        """Run the watchdog. Its backoff is at most a tick: held messages must stay in progress."""
        outage = Outage(f"consumer {self._spec.durable}", max_seconds=self._tick_seconds)
        await run_every(self._tick_seconds, self._tick, outage)

    async def _tick(self) -> None:
        if self._client.is_connected:
            await self._report_in_progress()
            await self._redeclare_when_silent()
            await self._pull()

    async def _report_in_progress(self) -> None:
        now = self._loop.time()
        for reply, since in list(self._held.items()):
            if now - since >= self._progress_seconds:
                self._held[reply] = now
                await self._client.publish(reply, _IN_PROGRESS)

    async def _redeclare_when_silent(self) -> None:
        silent_seconds = self._loop.time() - self._heard_at
        waiting = bool(self._open) or len(self._held) < self._capacity
        if not self._running or not waiting or silent_seconds < self._pace.silence_seconds:
            return
        generation = self._generation
        await declare_consumer(self._connection, self._spec)
        if generation == self._generation:  # else a reconnect was faster
            await self.rearm()
