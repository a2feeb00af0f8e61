"""The write path: read, append and acknowledge. A backlog is read while it is appended."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from actors.coordinator import metrics
from actors.coordinator.batch import Batch, read_batch
from actors.coordinator.plan_notices import Tell
from actors.coordinator.projection import Projection
from actors.coordinator.stream_identity import StreamIdentity
from tradewind.errors import TransientError
from tradewind.failpoints import failpoint
from tradewind.ledger.append.hints import Fingerprint, Hints
from tradewind.ledger.append.writer import AppendResult, Ledger, LedgerUnavailable
from tradewind.ledger.records import WriterPosition
from tradewind.runtime.loops import Pulse, beat, pulse
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import is_set_within

MARKED_DONE: Final = "coordinator.marked_done"
REST_SECONDS: Final = 0.1
"""Between two acknowledgements; nothing waits for one, unless there are many."""
MANY_MESSAGES: Final = 250
"""So many at once are a backlog: nothing rests behind them, and the next are read meanwhile."""
SEVERAL_MESSAGES: Final = 4
"""That so many came while one batch was stored shows that more come: the store rests behind them,
because a batch costs about the same for two as for ten. What comes alone is stored at once."""
REST_PER_STORE: Final = 0.5
MAX_STORE_REST_SECONDS: Final = 0.005
"""It rests so many times as long as the batch took, and no longer than this."""
MAX_UNFINISHED: Final = 256
"""Batches that are stored and not acknowledged: more than come in one rest."""
MIN_HINT_PAUSE_SECONDS: Final = 1.0
MAX_HINT_PAUSE_SECONDS: Final = 30.0
"""For how long the write path does without hints, each time Redis did not answer soon enough."""

logger = structlog.get_logger("coordinator")


class Source(Protocol):
    """A consumer that yields batches of messages and acknowledges them."""

    async def next_batch(self) -> list[Msg]: ...
    async def settle(self, messages: list[Msg]) -> None: ...
    async def release(self, messages: list[Msg]) -> None: ...


class _Stored(NamedTuple):
    """A batch and what became of it."""

    batch: Batch
    result: AppendResult


class Pipeline:
    """Takes batches until stopped, and acknowledges only messages that are committed."""

    def __init__(
        self,
        source: Source,
        stream: StreamIdentity,
        term: WriterPosition,
        ledger: Ledger,
        hints: Hints,
        projection: Projection,
        tell: Tell,
    ) -> None:
        """`tell` is called with what has just been committed, before anything else is done."""
        self._source = source
        self._stream = stream
        self._term = term
        self._ledger = ledger
        self._hints = hints
        self._projection = projection
        self._tell = tell
        self._room = asyncio.Semaphore(1)
        """Held until the store has room for the batch to read; meanwhile that one grows."""
        self._read = asyncio.Queue[Batch | None]()
        self._ahead = deque[Mapping[str, int]]()
        """Where the batches that were read and are not stored get to, as far as it is known."""
        self._stored = asyncio.Queue[_Stored | None](MAX_UNFINISHED)
        self._hints_pause_until = 0.0
        self._hints_outage = Outage(
            "hints", min_seconds=MIN_HINT_PAUSE_SECONDS, max_seconds=MAX_HINT_PAUSE_SECONDS
        )
        self._postgres = Outage("postgres")

    async def run(self, stopped: asyncio.Event) -> None:
        """Run until `stopped`, then finish the batches already read, unless PostgreSQL is away."""
        async with asyncio.TaskGroup() as stages:
            reading = stages.create_task(self._read_batches())
            stages.create_task(self._store_batches(stopped))
            stages.create_task(self._finish_batches(stopped))
            await stopped.wait()
            reading.cancel()
            await self._read.put(None)

    async def _read_batches(self) -> None:
        clock = asyncio.get_running_loop().time
        with pulse("ledger reading") as alive:
            while True:
                alive.beat()
                with alive.idle():
                    await self._room.acquire()
                    messages = await self._source.next_batch()
                try:
                    batch = read_batch(messages, clock(), self._stream)
                    await self._ask_hints(batch)
                except asyncio.CancelledError:
                    await self._source.release(messages)
                    raise
                await self._read.put(batch)

    async def _ask_hints(self, batch: Batch) -> None:
        reached = None
        if not batch.is_redelivered:
            reached = self._ledger.reached_by(batch.incoming, self._ahead)
        self._ahead.append(reached or {})
        if reached is not None or self._hints_paused():
            return
        events = [Fingerprint(one.event.event_id, one.body_sha256) for one in batch.incoming]
        try:
            done = await self._hints.claim(self._term.incarnation, events, self._term.epoch)
            batch.set_aside(done)
            self._hints_outage.succeeded()
        except TransientError as error:
            self._pause_hints(error)

    async def _store_batches(self, stopped: asyncio.Event) -> None:
        clock = asyncio.get_running_loop().time
        with pulse("ledger recording") as alive:
            while batch := await _next(self._read, alive):
                began_at, count = clock(), len(batch.messages)
                if count >= MANY_MESSAGES:
                    self._room.release()
                result = await self._store(batch, stopped)
                self._ahead.popleft()
                if result is None:
                    await self._source.release(batch.messages)
                else:
                    await self._tell(result)
                    self._projection.hand_over(result)
                    self._report(batch, result, clock() - batch.taken_at)
                    with alive.idle():
                        await self._stored.put(_Stored(batch, result))
                if count < MANY_MESSAGES:
                    if count >= SEVERAL_MESSAGES:
                        await is_set_within(stopped, store_rest_seconds(clock() - began_at))
                    self._room.release()
        await self._stored.put(None)

    async def _store(self, batch: Batch, stopped: asyncio.Event) -> AppendResult | None:
        """Append until the commit is certain; return None when stopped before that."""
        while True:
            beat()
            try:
                result = await self._ledger.append(batch.incoming, batch.rejected, batch.reached)
            except LedgerUnavailable as error:
                if await is_set_within(stopped, self._postgres.failed(error)):
                    return None
                continue
            self._postgres.succeeded()
            return result

    async def _finish_batches(self, stopped: asyncio.Event) -> None:
        """Acknowledge what is stored, and then together what is stored while this one rests."""
        with pulse("ledger acknowledging") as alive:
            while stored := await self._take_stored(alive):
                await self._mark_done([one.result for one in stored])
                failpoint(MARKED_DONE)
                messages = [message for one in stored for message in one.batch.messages]
                try:
                    await self._source.settle(messages)
                except NatsError as error:
                    logger.warning("unacknowledged", messages=len(messages), error=str(error))
                if len(messages) < MANY_MESSAGES:
                    await is_set_within(stopped, REST_SECONDS)

    async def _take_stored(self, alive: Pulse) -> list[_Stored]:
        """Wait for a stored batch; return it and those behind it, none after the last one."""
        stored: list[_Stored] = []
        following = await _next(self._stored, alive)
        while following is not None:
            stored.append(following)
            if self._stored.empty():
                break
            following = self._stored.get_nowait()
        if following is None and stored:
            self._stored.put_nowait(None)
        return stored

    async def _mark_done(self, results: Sequence[AppendResult]) -> None:
        events: dict[str, list[Fingerprint]] = defaultdict(list)
        for result in results:
            events[result.position.incarnation] += [
                Fingerprint(placed.event.event_id, digest)
                for placed, digest in zip(result.appended, result.digests, strict=True)
            ]
        try:
            for incarnation, appended in events.items():
                if appended and not self._hints_paused():
                    await self._hints.mark_done(incarnation, appended)
        except TransientError as error:
            self._pause_hints(error)

    def _hints_paused(self) -> bool:
        return asyncio.get_running_loop().time() < self._hints_pause_until

    def _pause_hints(self, error: TransientError) -> None:
        pause_seconds = self._hints_outage.failed(error)
        self._hints_pause_until = asyncio.get_running_loop().time() + pause_seconds

    def _report(self, batch: Batch, result: AppendResult, seconds: float) -> None:
        metrics.count(result, len(batch.hinted))
        metrics.BATCH_EVENTS.observe(len(batch.messages))
        metrics.BATCH_SECONDS.observe(seconds)
        for rejected in result.quarantined:
            logger.warning(
                "quarantined",
                reason=rejected.reason.value,
                detail=rejected.detail,
                subject=rejected.subject,
                stream_sequence=rejected.stream_sequence,
            )


def store_rest_seconds(store_seconds: float) -> float:
    """Return for how long to rest behind a batch that took so long."""
    return min(REST_PER_STORE * store_seconds, MAX_STORE_REST_SECONDS)


async def _next[Item](queue: asyncio.Queue[Item], alive: Pulse) -> Item:
    alive.beat()
    with alive.idle():
        return await queue.get()
