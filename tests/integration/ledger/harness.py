"""Publishes events for the coordinator's tests, and reads what it recorded."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from nats.js.api import ConsumerInfo
from nats.js.errors import NotFoundError
from redis.asyncio import Redis

from actors import coordinator
from tests.settings import Settings
from tests.support.histories import History
from tests.support.waiting import PATIENCE_SECONDS, wait_until
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.risk.payloads import RiskApproved
from tradewind.contracts.roles import COORDINATOR_GROUP, Role
from tradewind.contracts.streams import EVENTS_STREAM, FENCE_HEADER
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.errors import TransientError
from tradewind.failpoints import VARIABLE as FAILPOINTS_VARIABLE
from tradewind.ledger.append.incarnation import Incarnations
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.upkeep.backlogs import Backlogs
from tradewind.ledger.upkeep.dead_letters import DeadLetters
from tradewind.postgres import Pool
from tradewind.readmodels.models.intent_history import fold
from tradewind.runtime import NatsConnection

wait_despite_outages = partial(wait_until, despite=(TransientError, OSError))
"""Waits until something holds, and asks again while a server is away."""


class LedgerHarness:
    """A stream to publish on, and the stores the coordinator writes."""

    def __init__(
        self, settings: Settings, connection: NatsConnection, pool: Pool, redis: Redis
    ) -> None:
        self.settings = settings
        self.connection = connection
        self.pool = pool
        self.redis = redis
        self.reader = LedgerReader(pool)
        self.dead_letters = DeadLetters(pool)

    async def publish(self, *events: AnyEvent, token: str | None = None) -> None:
        """Publish events in order, without the message id that would drop copies.

        An approval says for which life of the database it was made, as the portfolio stage does;
        whoever publishes while there is no database knows the token from before.
        """
        for event in events:
            headers = None
            if event.topic == RiskApproved.topic:
                headers = {FENCE_HEADER: await self.fencing_token() if token is None else token}
            await self.publish_raw(event.subject, event.to_bytes(), headers)

    async def fencing_token(self) -> str:
        """Return what an approval has to carry now."""
        found: list[str] = []

        async def is_read() -> bool:
            found.append((await Incarnations(self.pool).token()).token)
            return True

        await wait_despite_outages(is_read)
        return found[-1]

    async def publish_raw(
        self, subject: str, body: bytes, headers: dict[str, str] | None = None
    ) -> None:
        """Publish bytes as a foreign client would."""
        await self.connection.jetstream.publish(
            subject, body, headers=headers, timeout=PATIENCE_SECONDS
        )

    @asynccontextmanager
    async def coordinator(self) -> AsyncIterator[None]:
        """Run a coordinator in this process."""
        stopped = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(coordinator.run(self.settings, self.connection, stopped))
            yield
            stopped.set()

    @asynccontextmanager
    async def processes(self, count: int = 1, failpoints: str = "") -> AsyncIterator[list[Process]]:
        """Run coordinators as processes of their own; what still runs is killed at the end."""
        started = [await self._start(failpoints) for _ in range(count)]
        try:
            yield started
        finally:
            for process in started:
                if process.returncode is None:
                    process.kill()
                await process.wait()

    async def _start(self, failpoints: str) -> Process:
        environment = os.environ | {
            "TRADEWIND_NATS_URL": self.settings.nats_url,
            "TRADEWIND_POSTGRES_DSN": self.settings.postgres_dsn.get_secret_value(),
            "TRADEWIND_REDIS_URL": self.settings.redis_url.get_secret_value(),
            "TRADEWIND_LOG_LEVEL": "ERROR",
            FAILPOINTS_VARIABLE: failpoints,
        }
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "actors", Role.COORDINATOR.value, env=environment
        )

    async def leads(self) -> str:
        """Wait until a coordinator holds the lease and takes messages; return its name."""
        holders: list[str] = []

        async def is_led() -> bool:
            query = "SELECT holder FROM writer WHERE lease_until > clock_timestamp()"
            holders.extend(row["holder"] for row in await self.pool.fetch(query))
            return bool(holders)

        async def takes_messages() -> bool:
            info = await self.consumer()
            return info is not None and bool(info.num_waiting)

        await wait_despite_outages(is_led)
        await wait_despite_outages(takes_messages)
        return holders[-1]

    async def recorded_at_least(self, count: int) -> None:
        """Wait until the ledger holds so many events."""

        async def is_recorded() -> bool:
            return (await self.reader.position()).last_global_seq >= count

        await wait_despite_outages(is_recorded)

    async def drained(self, stream: str = EVENTS_STREAM) -> None:
        """Wait until every message of the stream is acknowledged."""

        async def is_drained() -> bool:
            last = (await self.connection.jetstream.stream_info(stream)).state.last_seq
            info = await self.consumer(stream)
            # The count of pending messages may lag behind the messages just published.
            floor = info.ack_floor if info else None
            return floor is not None and floor.stream_seq >= last

        await wait_despite_outages(is_drained)

    async def consumer(self, stream: str = EVENTS_STREAM) -> ConsumerInfo | None:
        """Return the state of the coordinator's consumer; None before it has one."""
        try:
            info: ConsumerInfo = await self.connection.jetstream.consumer_info(
                stream, COORDINATOR_GROUP.durable
            )
        except NotFoundError:
            return None
        return info

    async def parked(self) -> int:
        """Return how many events wait for their predecessor."""
        return (await Backlogs(self.pool).parked()).events

    async def holds_exactly(
        self, histories: Iterable[History], set_aside: Collection[QuarantineReason] = ()
    ) -> None:
        """Check that the ledger holds these completed histories, once each and byte for byte.

        Nothing is set aside but for these reasons.
        """
        expected = {one.correlation_id: one.completed() for one in histories}
        found: dict[str, list[bytes]] = defaultdict(list)
        after, numbers = 0, []
        while page := await self.reader.events_after(after):
            for recorded in page:
                found[recorded.event.correlation_id].append(recorded.body)
                numbers.append(recorded.global_seq)
            after = page[-1].global_seq
        assert found == {
            name: [event.to_bytes() for event in history] for name, history in expected.items()
        }
        assert numbers == list(range(1, len(numbers) + 1))
        assert await self.parked() == 0
        assert {reason for reason, _ in await self.quarantined()} <= set(set_aside)

    async def shows(self, histories: Iterable[History]) -> None:
        """Wait until the read models are the folds of these histories."""
        incarnation = (await self.reader.position()).incarnation
        for history in histories:
            intent = fold(history.completed(), incarnation).intent
            assert intent is not None
            await wait_despite_outages(
                self._holds(f"intent:{history.intent_id}", intent.model_dump_json())
            )

    def _holds(self, key: str, text: str) -> Callable[[], Awaitable[bool]]:
        async def holds() -> bool:
            return bool(await self.redis.get(key) == text.encode())

        return holds

    async def quarantined(self) -> list[tuple[str, bytes]]:
        """Return reason and bytes of what was set aside."""
        rows: list[Any] = await self.pool.fetch("SELECT reason, body FROM quarantine ORDER BY id")
        return [(row["reason"], row["body"]) for row in rows]


def interleaved(histories: Iterable[History]) -> list[AnyEvent]:
    """Return the events of completed histories, first all first ones, then all second ones."""
    columns = zip(*(history.completed() for history in histories), strict=True)
    return [event for column in columns for event in column]
