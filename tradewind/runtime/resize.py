"""Orders an existing queue group by key, and changes the number of partitions.

Both run while producers and workers go on, and both may be interrupted and repeated: JetStream
ends the pause of a consumer by itself when this process dies before it resumes it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final, NamedTuple

import structlog
from nats.js.api import ConsumerInfo, DeliverPolicy
from nats.js.errors import APIError, NotFoundError

from tradewind.contracts.ordering import (
    MAX_PARTITIONS,
    GroupConsumer,
    Order,
    consumers_of,
    group_of_partition,
    is_partition_of,
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
"""Holds until the workers of the group declare their own."""

logger = structlog.get_logger(__name__)


class PartitionsBusy(TransientError):
    """Messages stored earlier are not handled yet. Wait until the workers catch up, then retry."""

    code = "PARTITIONS_BUSY"


class WrongPartitions(ConfigurationError):
    """The number of partitions can only be multiplied or divided by a whole number, up to 32."""

    code = "WRONG_PARTITIONS"


class NotProvisioned(ConfigurationError):
    """EVENTS, or a consumer of an ordered queue group, is not there yet. Provision first."""

    code = "NOT_PROVISIONED"


class _Group(NamedTuple):
    """An ordered queue group, read from the durable consumers on the server."""

    name: str
    topics: tuple[str, ...]
    order: Order

    def consumers(self, partitions: range) -> Sequence[GroupConsumer]:
        every = consumers_of(self.name, self.topics, self.order, partitions.stop)
        return every[partitions.start :]


async def resize(
    connection: NatsConnection, partitions: int, drain_seconds: float = DRAIN_SECONDS
) -> None:
    """Change the number of partitions that EVENTS stores subjects with, in order for every key.

    When a key moves, its new partition must deliver nothing before the old one has handled all of
    the key's messages. So the partitions that keys move to are paused, the stream is changed, and
    they resume once the partitions that keys leave have handled everything stored before. One
    number must divide the other, because then no partition both loses keys and gains others.
    Workers have to be restarted afterwards. It raises PartitionsBusy while a backlog is in the way,
    and NotProvisioned where the stream or one of a group's consumers does not exist.
    """
    try:
        await _resize(connection, partitions, drain_seconds)
    except NotFoundError as missing:
        raise NotProvisioned(f"{EVENTS_STREAM}: {missing.description}") from missing


async def _resize(connection: NatsConnection, partitions: int, drain_seconds: float) -> None:
    current = await stored_partitions(connection)
    if partitions == current:
        return
    fewer, more = sorted((partitions, current))
    if not 1 <= fewer <= more <= MAX_PARTITIONS or more % fewer:
        raise WrongPartitions(f"{current} partitions cannot become {partitions}")
    groups = await _groups(connection)
    old, new = range(fewer), range(fewer, more)
    sources, targets = (old, new) if partitions > current else (new, old)
    await _wait_until_handled(connection, _durables(groups, sources), drain_seconds)
    if partitions > current:
        await _create_missing(connection, [one for group in groups for one in group.consumers(new)])
    async with _paused(connection, _durables(groups, targets), drain_seconds):
        await _store_with(connection, partitions)
        await _wait_until_handled(connection, _durables(groups, sources), drain_seconds)
    logger.info("partitions changed", before=current, now=partitions)


async def begin_ordered(
    connection: NatsConnection,
    queue_group: str,
    topics: Iterable[str],
    order: Order,
    drain_seconds: float | None = DRAIN_SECONDS,
) -> None:
    """Create the partition consumers of a queue group that is new, or was not ordered by this key.

    Earlier consumers, unordered or of another key, are paused, and the partitions begin at the
    first message that those have not handled; those of a new group at the end of the stream. No
    partition's filter matches what was stored without partitions, so an unordered consumer has to
    handle that first (PartitionsBusy while it has not). The next call after the last worker stopped
    pulling from an earlier consumer deletes it. The call may be repeated.

    Without `drain_seconds` no worker runs, and none will that pulls from an earlier consumer. What
    an unordered one has not handled is then sent again by the sweeper, and stored with partitions.
    """
    consumers = consumers_of(queue_group, topics, order, await stored_partitions(connection))
    earlier = await _earlier(connection, queue_group)
    missing = [one for one in consumers if await _find(connection, one.durable) is None]
    if not earlier:
        await _create_missing(connection, missing)
    elif missing:
        running = [one.name for one in earlier if not one.paused]
        unordered = [one for one in running if one == durable_name(queue_group)]
        if drain_seconds is not None:
            await _wait_until_handled(connection, unordered, drain_seconds)
        for durable in running:
            await connection.jetstream.pause_consumer(EVENTS_STREAM, durable, UNTIL_DELETED)
        patience_seconds = 0.0 if drain_seconds is None else NEW_ACK_WAIT_MS / 1_000
        deadline = asyncio.get_running_loop().time() + patience_seconds
        handled = [await _handled_sequence(connection, one, deadline) for one in earlier]
        await _create_missing(connection, missing, min(handled))
        logger.info("ordered from here on, start its workers again", queue_group=queue_group)
    else:
        for one in earlier:
            if not one.num_waiting and (drain_seconds is None or _is_idle(one)):
                await connection.jetstream.delete_consumer(EVENTS_STREAM, one.name)


async def _earlier(connection: NatsConnection, queue_group: str) -> list[ConsumerInfo]:
    """Return the consumers that a group had before it was ordered by the key it has now."""
    unordered = durable_name(queue_group)
    return [
        info
        for info in await _every_consumer(connection)
        if info.name == unordered
        or (
            group_of_partition(info.name) == unordered
            and not is_partition_of(queue_group, info.name)
        )
    ]


def _is_idle(paused: ConsumerInfo) -> bool:
    """Return whether nobody handles a message of a paused consumer.

    What a killed worker had stays pending for ever, because a paused consumer delivers nothing
    again. So it counts for as long as a live worker may take for it.
    """
    delivered = paused.delivered
    if not paused.num_ack_pending or delivered is None or delivered.last_active is None:
        return not paused.num_ack_pending
    ack_wait_seconds = paused.config.ack_wait or 0.0
    return clock.now() - delivered.last_active > timedelta(seconds=ack_wait_seconds)


async def _create_missing(
    connection: NatsConnection, consumers: Iterable[GroupConsumer], after: int | None = None
) -> None:
    """Create the missing consumers; they begin after the sequence `after`, or at the stream's end.

    They do not begin at the stream's start, because other consumers handled what is stored there.
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
        try:
            await jetstream.add_consumer(EVENTS_STREAM, config)
        except APIError:
            # A worker that starts may have created it since it was missing.
            if await _find(connection, consumer.durable) is None:
                raise


async def _find(connection: NatsConnection, durable: str) -> ConsumerInfo | None:
    try:
        info: ConsumerInfo = await connection.jetstream.consumer_info(EVENTS_STREAM, durable)
    except NotFoundError:
        return None
    return info


async def _handled_sequence(
    connection: NatsConnection, consumer: ConsumerInfo, deadline: float
) -> int:
    """Return the sequence up to which a paused consumer has handled all that its filters match.

    It first waits, until then on the loop's clock, so that workers finish what is in flight. What
    they do not finish is above the returned sequence and is delivered again by a partition.
    """
    jetstream = connection.jetstream
    while True:
        info = await jetstream.consumer_info(EVENTS_STREAM, consumer.name)
        if not info.num_ack_pending or asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(POLL_SECONDS)
    done = info.ack_floor if info.num_ack_pending else info.delivered
    sequence = done.stream_seq if done else 0
    return min([await _first_after(connection, sequence, one) for one in _filters(info)]) - 1


async def _first_after(connection: NatsConnection, sequence: int, subject: str) -> int:
    """Return the first sequence above this one that a filter matches, or the stream's next."""
    jetstream = connection.jetstream
    following = (await jetstream.stream_info(EVENTS_STREAM)).state.last_seq + 1
    with suppress(NotFoundError):
        found = await jetstream.get_msg(EVENTS_STREAM, sequence + 1, subject or ">", next=True)
        following = found.seq or following
    return following


async def _wait_until_handled(
    connection: NatsConnection, durables: Sequence[str], drain_seconds: float
) -> None:
    """Wait until consumers handled all that is stored now; PartitionsBusy after `drain_seconds`."""
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
    """Return the ordered queue groups that exist on the server.

    The registry of roles would not do: workers of another release may run groups it does not have.
    """
    found: dict[str, _Group] = {}
    for info in await _every_consumer(connection):
        name = group_of_partition(info.name)
        parsed = [one for one in map(parse_partition_filter, _filters(info)) if one is not None]
        if name is not None and is_partition_of(name, info.name) and parsed:
            topics = tuple(topic for topic, _ in parsed)
            found.setdefault(name, _Group(name, topics, parsed[0][1]))
    return list(found.values())


def _filters(info: ConsumerInfo) -> list[str]:
    return info.config.filter_subjects or [info.config.filter_subject or ""]


async def _every_consumer(connection: NatsConnection) -> list[ConsumerInfo]:
    """Return all consumers of EVENTS; the server lists them in pages."""
    found: list[ConsumerInfo] = []
    while page := await connection.jetstream.consumers_info(EVENTS_STREAM, offset=len(found)):
        found += page
    return found
