"""Makes events of several keys, and checks the order in which they were handled."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import count

from nats.js.api import ConsumerInfo
from nats.js.errors import NotFoundError

from tests.integration.runtime.harness import QUEUE, RuntimeHarness
from tests.support.runtime_events import following, make_event
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ordering import PARTITIONS, Order, durables_of
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.contracts.subjects import EventKey

MORE = 2 * PARTITIONS
_PAUSE_SECONDS = 0.003
_OFFSET_BASIS = 0x811C9DC5
_PRIME = 0x01000193


def partition_of(token: str, partitions: int = PARTITIONS) -> int:
    """Return the partition of a token by FNV-1a, as the server's `partition()` does."""
    hashed = _OFFSET_BASIS
    for byte in token.encode():
        hashed = (hashed ^ byte) * _PRIME % 2**32
    return hashed % partitions


def instruments(number: int) -> list[str]:
    """Return instruments that are all in different partitions."""
    found: dict[int, str] = {}
    for index in count():
        if len(found) == number:
            return list(found.values())
        name = f"ethereum-T{index}-USDC"
        found.setdefault(partition_of(name), name)
    raise AssertionError("count() has no end")


def events_of(names: Sequence[str], each: int) -> list[AnyEvent]:
    """Return `each` events of every instrument, in turns."""
    return [
        make_event(EventKey(instrument=name, portfolio=f"p{index % 3}"))
        for index in range(each)
        for name in names
    ]


async def publish_slowly(harness: RuntimeHarness, events: Sequence[AnyEvent]) -> None:
    """Publish events so that what happens meanwhile happens between them."""
    for event in events:
        await harness.publisher.publish(event)
        await asyncio.sleep(_PAUSE_SECONDS)


async def has_begun(harness: RuntimeHarness) -> bool:
    """Return whether some answers are there."""
    return len(await harness.stored()) > 10


async def exists(harness: RuntimeHarness, durable: str) -> bool:
    """Return whether the broker has a consumer."""
    try:
        await harness.connection.jetstream.consumer_info(EVENTS_STREAM, durable)
    except NotFoundError:
        return False
    return True


def by_instrument(events: Iterable[AnyEvent]) -> dict[str, list[str]]:
    """Return the correlations of events in their order, by instrument."""
    found: dict[str, list[str]] = defaultdict(list)
    for event in events:
        found[event.key.instrument].append(event.correlation_id)
    return found


async def partitions(
    harness: RuntimeHarness,
    queue: str = QUEUE,
    order: Order = Order.INSTRUMENT,
    number: int = PARTITIONS,
) -> list[ConsumerInfo]:
    """Return the state of every partition's consumer."""
    return list(
        await asyncio.gather(
            *(
                harness.connection.jetstream.consumer_info(EVENTS_STREAM, durable)
                for durable in durables_of(queue, order, number)
            )
        )
    )


async def settled(
    harness: RuntimeHarness,
    queue: str = QUEUE,
    order: Order = Order.INSTRUMENT,
    number: int = PARTITIONS,
) -> None:
    """Wait until nothing is left to deliver, and nothing in flight, in any partition.

    A server counts what is pending a moment after it has acknowledged the publication, so what
    matters is that the last message of the stream for a partition was delivered.
    """

    async def is_settled() -> bool:
        try:
            infos = await partitions(harness, queue, order, number)
        except NotFoundError:
            return False
        if any(info.num_pending or info.num_ack_pending for info in infos):
            return False
        return all(await asyncio.gather(*(_has_delivered_all(harness, info) for info in infos)))

    await wait_until(is_settled)


async def _has_delivered_all(harness: RuntimeHarness, info: ConsumerInfo) -> bool:
    delivered = info.delivered.stream_seq if info.delivered else 0
    for subject in info.config.filter_subjects or [info.config.filter_subject or ""]:
        with suppress(NotFoundError):
            last = await harness.connection.jetstream.get_last_msg(EVENTS_STREAM, subject)
            if (last.seq or 0) > delivered:
                return False
    return True


async def answered_in_order(harness: RuntimeHarness, events: Sequence[AnyEvent]) -> None:
    """Check that every event was answered once, and those of an instrument in their order."""
    answers = await harness.stored()
    assert len(answers) == len(events)
    expected = {answer.event_id for event in events for answer in following(event)}
    assert {answer.event_id for answer in answers} == expected
    assert by_instrument(answers) == by_instrument(events)
