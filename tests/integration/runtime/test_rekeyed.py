"""A queue group that is ordered by another key from now on loses no message, and no order."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable

import pytest
from nats.js.api import ConsumerInfo

from tests.integration.runtime.harness import (
    DURABLE,
    PATIENT,
    QUEUE,
    RuntimeHarness,
    answer,
    declare,
    running,
)
from tests.integration.runtime.keyed import (
    MORE,
    events_of,
    exists,
    has_begun,
    instruments,
    partitions,
    publish_slowly,
    settled,
)
from tests.support.runtime_events import TOPIC, following
from tests.support.waiting import wait_until
from tradewind.contracts import ordering
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ordering import PARTITIONS, Order, partition_durable
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.runtime import declare_streams
from tradewind.runtime import resize as resize_module
from tradewind.runtime.resize import begin_ordered, resize


def by_portfolio(events: Iterable[AnyEvent]) -> dict[str, list[str]]:
    """Return the correlations of events in their order, by portfolio."""
    found: dict[str, list[str]] = defaultdict(list)
    for event in events:
        found[event.key.portfolio].append(event.correlation_id)
    return found


async def begin(harness: RuntimeHarness, drain_seconds: float | None = 60.0) -> None:
    """Order the group by portfolio from here on."""
    await begin_ordered(harness.connection, QUEUE, [TOPIC], Order.PORTFOLIO, drain_seconds)


async def earlier_exist(harness: RuntimeHarness) -> bool:
    """Return whether a partition of the first key is left."""
    return any([await exists(harness, f"{DURABLE}-p{one:02}") for one in range(PARTITIONS)])


class Rekey:
    """Turns the group into one that has another key than in the release before."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(self) -> None:
        self._monkeypatch.setattr(ordering, "REKEYED", frozenset({DURABLE}))


@pytest.fixture
async def rekey(harness: RuntimeHarness, monkeypatch: pytest.MonkeyPatch) -> Rekey:
    await declare_streams(harness.connection, partitions=PARTITIONS)
    return Rekey(monkeypatch)


async def test_a_group_gets_another_key_while_its_workers_run(
    harness: RuntimeHarness, rekey: Rekey
) -> None:
    """Workers of the old key run until those of the new one have come; events come throughout."""

    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        handled.append(event)
        await asyncio.sleep(0.002)
        return following(event)

    handled: list[AnyEvent] = []
    events = events_of(instruments(6), 40)
    async with running(declare(handler, order=Order.INSTRUMENT, **PATIENT), harness.connection):
        load = asyncio.create_task(publish_slowly(harness, events[:-60]))
        await wait_until(lambda: has_begun(harness))
        rekey()
        await begin(harness)
        begun = len(handled)
        # This is the state after an interruption.
        await harness.connection.jetstream.delete_consumer(EVENTS_STREAM, f"{DURABLE}-k15")
        await begin(harness)
        await begin(harness)
        assert await earlier_exist(harness)  # A worker that pulls would make it again.
        async with running(declare(handler, order=Order.PORTFOLIO, **PATIENT), harness.connection):
            await load
            await publish_slowly(harness, events[-60:])
            await settled(harness, order=Order.PORTFOLIO)
    answers = await harness.stored()
    assert {one.correlation_id for one in answers} == {one.correlation_id for one in events}
    assert len(answers) == len(events)
    first = list(dict.fromkeys(one.correlation_id for one in handled))
    of_new_key = [one for one in events if one.correlation_id in first[begun:]]
    again = [one for one in answers if one.correlation_id in first[begun:]]
    assert by_portfolio(again) == by_portfolio(of_new_key)
    await begin(harness)
    assert not await earlier_exist(harness)


async def test_a_stopped_group_begins_at_the_first_message_that_is_not_handled(
    harness: RuntimeHarness, rekey: Rekey
) -> None:
    """One partition never had a message, one has a backlog, and one a message in flight."""

    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        handled.append(event)
        return following(event)

    busy, waiting, in_flight = instruments(3)
    handled: list[AnyEvent] = []
    async with running(declare(answer, order=Order.INSTRUMENT), harness.connection):
        await harness.publisher.publish_all(events_of([busy, in_flight, waiting], 4))
        await settled(harness)
    left = events_of([in_flight, waiting], 3)
    await harness.publisher.publish_all(left)
    jetstream = harness.connection.jetstream
    held = next(one.name for one in await partitions(harness) if one.num_pending)
    await (await jetstream.pull_subscribe_bind(held, EVENTS_STREAM)).fetch(1)
    rekey()
    await begin(harness, drain_seconds=None)
    async with running(declare(handler, order=Order.PORTFOLIO), harness.connection):
        await settled(harness, order=Order.PORTFOLIO)
    assert by_portfolio(handled) == by_portfolio(left)
    await begin(harness, drain_seconds=None)
    assert not await earlier_exist(harness)


async def test_partitions_of_the_first_key_do_not_count_when_the_number_changes(
    harness: RuntimeHarness, rekey: Rekey
) -> None:
    async with running(declare(answer, order=Order.INSTRUMENT), harness.connection):
        rekey()
        await begin(harness)
        await resize(harness.connection, MORE)
    last = partition_durable(QUEUE, MORE - 1)
    config = (await harness.connection.jetstream.consumer_info(EVENTS_STREAM, last)).config
    assert (last, config.filter_subject) == (f"{DURABLE}-k31", f"{TOPIC}.*.*.*.31")
    assert not await exists(harness, f"{DURABLE}-p31")


async def test_what_dead_workers_hold_is_waited_for_once(
    harness: RuntimeHarness, rekey: Rekey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a message in flight in each of three partitions, then only the first is looked after.

    All partitions are paused meanwhile, so nothing is judged.
    """
    monkeypatch.setattr(resize_module, "NEW_ACK_WAIT_MS", 500)
    async with running(declare(answer, order=Order.INSTRUMENT), harness.connection):
        await settled(harness)
    left = events_of(instruments(3), 2)
    await harness.publisher.publish_all(left)
    jetstream = harness.connection.jetstream
    held = [one.name for one in await partitions(harness) if one.num_pending]
    for name in held:
        await (await jetstream.pull_subscribe_bind(name, EVENTS_STREAM)).fetch(1)
    rekey()
    looks, look = Counter[str](), jetstream.consumer_info

    async def counted(stream: str, name: str) -> ConsumerInfo:
        looks[name] += 1
        info: ConsumerInfo = await look(stream, name)
        return info

    monkeypatch.setattr(jetstream, "consumer_info", counted)
    await begin(harness, drain_seconds=60.0)
    assert len(held) == 3
    assert sorted(looks[name] for name in held)[:2] == [1, 1]
    monkeypatch.undo()
