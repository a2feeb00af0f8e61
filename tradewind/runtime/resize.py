"""What an operator does with partitions: begin an ordered queue group, change their number.

Both happen while everybody publishes and works, and both can be interrupted: a pause of a consumer
that is only meant for a moment ends by itself.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final, NamedTuple

import structlog
from nats.js.api import ConsumerInfo, DeliverPolicy
from nats.js.errors import NotFoundError

from tradewind.contracts.ordering import (
    MAX_PARTITIONS,
    GroupConsumer,
    Order,
    consumers_of,
    parse_partition_filter,
)
from tradewind.contracts.streams import EVENTS_STREAM, durable_name
from tradewind.errors import ConfigurationError, TransientError
from tradewind.runtime import clock
from tradewind.runtime.connection import NatsConnection
from tradewind.runtime.consumers import ConsumerSpec
from tradewind.runtime.streams import stored_partitions, subject_transform

DRAIN_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.05
PAUSE_MARGIN_SECONDS: Final = 60.0
UNTIL_DELETED: Final = "2200-01-01T00:00:00Z"
NEW_ACK_WAIT_MS: Final = 32_000
"""Until the workers of the group declare theirs."""
_PARTITION = re.compile(r"(?P<group>.+)-p\d\d", re.ASCII)

logger = structlog.get_logger(__name__)


class PartitionsBusy(TransientError):
    """Messages stored earlier are not handled yet. Let the workers catch up, then try again."""

    code = "PARTITIONS_BUSY"


class WrongPartitions(ConfigurationError):
    """A number of partitions can be multiplied or divided, and has a limit."""

    code = "WRONG_PARTITIONS"


class _Group(NamedTuple):
    """An ordered queue group as the server knows it."""

    name: str
    topics: tuple[str, ...]
    order: Order

    def consumers(self, partitions: range) -> Sequence[GroupConsumer]:
        """Return the consumers of some partitions."""
        every = consumers_of(self.name, self.topics, self.order, partitions.stop)
        return every[partitions.start :]


async def resize(
    connection: NatsConnection, partitions: int, drain_seconds: float = DRAIN_SECONDS
) -> None:
    """Change with how many partitions subjects are stored, and keep the order of every key.

    A key that moves must not go on in its new partition before its old one has handled all of it.
    So the partitions that keys move to are paused, the stream is changed, and they go on once the
    partitions that keys come from have handled everything stored before. Workers have to be
    started again afterwards. PartitionsBusy when a backlog is in the way.
    """
    current = await stored_partitions(connection)
    if partitions == current:
        return
    fewer, more = sorted((partitions, current))
    if not 1 <= fewer <= more <= MAX_PARTITIONS or more % fewer:
        raise WrongPartitions(f"{current} partitions cannot become {partitions}")
    groups = await _groups(connection)
    old, new = range(fewer), range(fewer, more)
    sources, targets = (old, new) if partitions > current else (new, old)
    await _handled(connection, _durables(groups, sources), drain_seconds)
    if partitions > current:
        await _begin(connection, [one for group in groups for one in group.consumers(new)])
    async with _paused(connection, _durables(groups, targets), drain_seconds):
        await _store_with(connection, partitions)
        await _handled(connection, _durables(groups, sources), drain_seconds)
    logger.info("partitions changed", before=current, now=partitions)


async def begin_ordered(
    connection: NatsConnection,
    queue_group: str,
    topics: Iterable[str],
    order: Order,
    drain_seconds: float = DRAIN_SECONDS,
) -> None:
    """Make the partitions of a queue group, where its unordered consumer has come to or from now.

    What was stored without partitions reaches none of them, so the unordered consumer has to
    handle it first, and is then paused: PartitionsBusy while it has not. Once no worker pulls from
    it any more, the next call deletes it. Does nothing where nothing is left to do.
    """
    consumers = consumers_of(queue_group, topics, order, await stored_partitions(connection))
    unordered = durable_name(queue_group)
    before = await _find(connection, unordered)
    missing = [one for one in consumers if await _find(connection, one.durable) is None]
    if before is None:
        await _begin(connection, missing)
    elif missing:
        if not before.paused:
            await _handled(connection, [unordered], drain_seconds)
            await connection.jetstream.pause_consumer(EVENTS_STREAM, unordered, UNTIL_DELETED)
        await _begin(connection, missing, await _position(connection, unordered))
        logger.info("ordered from here on, start its workers again", queue_group=queue_group)
    elif not before.num_waiting and not before.num_ack_pending:
        await connection.jetstream.delete_consumer(EVENTS_STREAM, unordered)


async def _begin(
    connection: NatsConnection, consumers: Iterable[GroupConsumer], after: int | None = None
) -> None:
    """Make the consumers that do not exist; `after` is a place in the stream, by default its end.

    Not from the stream's start: what was stored under another number of partitions is handled.
    """
    jetstream = connection.jetstream
    last = (await jetstream.stream_info(EVENTS_STREAM)).state.last_seq
    for consumer in consumers:
        if await _find(connection, consumer.durable) is not None:
            continue
        spec = ConsumerSpec(
            EVENTS_STREAM, consumer.durable, NEW_ACK_WAIT_MS, consumer.filters, max_ack_pending=1
        )
        start = (last if after is None else after) + 1
        config = spec.config().evolve(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=start
        )
        await jetstream.add_consumer(EVENTS_STREAM, config)


async def _find(connection: NatsConnection, durable: str) -> ConsumerInfo | None:
    try:
        info: ConsumerInfo = await connection.jetstream.consumer_info(EVENTS_STREAM, durable)
    except NotFoundError:
        return None
    return info


async def _position(connection: NatsConnection, durable: str) -> int:
    """Return up to where a paused consumer has handled everything; what is in flight comes again.

    Its workers get the chance to finish that first.
    """
    deadline = asyncio.get_running_loop().time() + NEW_ACK_WAIT_MS / 1_000
    while True:
        info = await connection.jetstream.consumer_info(EVENTS_STREAM, durable)
        done = info.ack_floor if info.num_ack_pending else info.delivered
        if not info.num_ack_pending or asyncio.get_running_loop().time() > deadline:
            return done.stream_seq if done else 0
        await asyncio.sleep(POLL_SECONDS)


async def _handled(
    connection: NatsConnection, durables: Sequence[str], drain_seconds: float
) -> None:
    """Wait until consumers have handled all that is stored now; PartitionsBusy when they do not."""
    jetstream = connection.jetstream
    last = (await jetstream.stream_info(EVENTS_STREAM)).state.last_seq
    late = list(durables)
    try:
        async with asyncio.timeout(drain_seconds):
            while late:
                infos = [await jetstream.consumer_info(EVENTS_STREAM, one) for one in late]
                late = [info.name for info in infos if not _has_handled(info, last)]
                if late:
                    await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise PartitionsBusy(f"{', '.join(late)}: not all up to {last} is handled") from None


def _has_handled(info: ConsumerInfo, last: int) -> bool:
    delivered = info.delivered.stream_seq if info.delivered else 0
    floor = info.ack_floor.stream_seq if info.ack_floor else 0
    return (not info.num_pending or delivered >= last) and (
        not info.num_ack_pending or floor >= last
    )


@asynccontextmanager
async def _paused(
    connection: NatsConnection, durables: Sequence[str], drain_seconds: float
) -> AsyncIterator[None]:
    seconds = drain_seconds + PAUSE_MARGIN_SECONDS
    until = (clock.now() + timedelta(seconds=seconds)).isoformat()
    try:
        for durable in durables:
            await connection.jetstream.pause_consumer(EVENTS_STREAM, durable, until)
        yield
    finally:
        for durable in durables:
            await connection.jetstream.resume_consumer(EVENTS_STREAM, durable)


async def _store_with(connection: NatsConnection, partitions: int) -> None:
    jetstream = connection.jetstream
    config = (await jetstream.stream_info(EVENTS_STREAM)).config
    await jetstream.update_stream(config.evolve(subject_transform=subject_transform(partitions)))


def _durables(groups: Iterable[_Group], partitions: range) -> list[str]:
    return [one.durable for group in groups for one in group.consumers(partitions)]


async def _groups(connection: NatsConnection) -> list[_Group]:
    """Return the queue groups that have partitions, whichever release runs their workers."""
    found: dict[str, _Group] = {}
    for info in await _every_consumer(connection):
        name = _PARTITION.fullmatch(info.name)
        config = info.config
        filters = config.filter_subjects or [config.filter_subject or ""]
        parsed = [one for one in map(parse_partition_filter, filters) if one is not None]
        if name is not None and parsed:
            topics = tuple(topic for topic, _ in parsed)
            found.setdefault(name["group"], _Group(name["group"], topics, parsed[0][1]))
    return list(found.values())


async def _every_consumer(connection: NatsConnection) -> list[ConsumerInfo]:
    """The server lists consumers in pages."""
    found: list[ConsumerInfo] = []
    while page := await connection.jetstream.consumers_info(EVENTS_STREAM, offset=len(found)):
        found += page
    return found
