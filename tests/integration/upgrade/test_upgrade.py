"""From one stage of risk to two, with intents in every state: none is lost, doubled or stalled."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from nats.js.api import DeliverPolicy
from nats.js.errors import NotFoundError

from actors.__main__ import serve
from actors.risk.one_stage import as_one_stage
from tests.integration.book.harness import (
    Execution,
    counters_are_sums,
    history_of,
    screened_now,
    statuses,
)
from tests.integration.ledger.harness import LedgerHarness, wait_despite_outages
from tests.integration.runtime.harness import running
from tests.settings import Settings
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.ordering import partition_durable
from tradewind.contracts.roles import (
    ORCHESTRATOR_WORKERS,
    PLANNER_WORKERS,
    RISK_WORKERS,
    QueueGroup,
    Role,
)
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.contracts.subjects import subject_filter
from tradewind.operations.cli.provision import provision_servers
from tradewind.runtime import JetStreamBroker, clock
from tradewind.runtime.consumers import ConsumerSpec
from tradewind.runtime.decisions import decision_of, to_lines

ROLES = (
    Role.MARKET,
    Role.RISK,
    Role.PORTFOLIO,
    Role.PLANNER,
    Role.ORCHESTRATOR,
    Role.COORDINATOR,
    Role.SWEEPER,
)
STALLED_AFTER_SECONDS = 1.0
ACK_WAIT_MS = 1_000


class Old:
    """What a release with one stage had said of an intent: opening, approval, acceptance."""

    def __init__(self, number: int) -> None:
        now = {"timestamp": clock.now()}
        opening, screened = (one.model_copy(update=now) for one in history_of(screened_now(number)))
        self.opening = opening
        self.decision = as_one_stage(opening, [screened])
        self.intent_id = opening.payload.intent_id

    async def keep(self, harness: LedgerHarness) -> None:
        """Keep the decision as the old worker did before it published the first event of it."""
        await harness.pool.execute(
            "INSERT INTO decided (cause_event_id, queue_group, events) VALUES ($1, $2, $3)",
            *(self.opening.event_id, RISK_WORKERS.name, to_lines(decision_of(self.decision))),
        )


async def add_durable(
    harness: LedgerHarness, group: QueueGroup, deliver: DeliverPolicy = DeliverPolicy.ALL
) -> None:
    """Create the durable that an unordered queue group has."""
    filters = tuple(map(subject_filter, sorted(group.topics)))
    spec = ConsumerSpec(EVENTS_STREAM, group.durable, ACK_WAIT_MS, filters)
    config = spec.config().evolve(deliver_policy=deliver)
    await harness.connection.jetstream.add_consumer(EVENTS_STREAM, config)


async def exists(harness: LedgerHarness, durable: str) -> bool:
    try:
        await harness.connection.jetstream.consumer_info(EVENTS_STREAM, durable)
    except NotFoundError:
        return False
    return True


async def provisioned(settings: Settings, drain_seconds: float | None = None) -> None:
    """Provision as the new release does; without a time nobody works."""
    await asyncio.to_thread(
        provision_servers,
        settings.postgres_dsn.get_secret_value(),
        settings.nats_url,
        "",
        settings,
        drain_seconds,
    )


@asynccontextmanager
async def platform(settings: Settings) -> AsyncIterator[None]:
    """Run the roles of the new release in this process."""
    stopped = asyncio.Event()
    quick = settings.model_copy(update={"stalled_after_seconds": STALLED_AFTER_SECONDS})
    roles = asyncio.create_task(serve(ROLES, quick, stopped))
    try:
        yield
    finally:
        stopped.set()
        await roles


async def histories(harness: LedgerHarness, intents: Iterable[Old]) -> dict[str, list[str]]:
    """Return the topics that the ledger has of each intent."""
    found = {}
    for one in intents:
        recorded = await harness.reader.history(one.opening.correlation_id)
        found[one.intent_id] = [each.event.topic for each in recorded]
    return found


async def all_completed(harness: LedgerHarness, intents: Iterable[Old]) -> None:
    """Wait until the ledger has the end of each of them and the book has settled it."""
    wanted = list(intents)

    async def is_so() -> bool:
        ends = [one[-1:] for one in (await histories(harness, wanted)).values()]
        found = await statuses(harness.pool)
        settled = [found.get(one.intent_id) for one in wanted]
        return all(end == ["exec.completed"] for end in ends) and set(settled) == {"used"}

    await wait_despite_outages(is_so)


async def test_intents_in_every_state_go_on_and_end(
    harness: LedgerHarness, settings: Settings
) -> None:
    names = ("submitted", "in hand", "unrecorded", "kept", "torn", "approved", "executing", "done")
    old = {name: Old(number) for number, name in enumerate(names, 1)}
    executing, done = Execution(old["executing"].decision[-1]), Execution(old["done"].decision[-1])
    await add_durable(harness, RISK_WORKERS)
    async with harness.coordinator():
        for one in (*old.values(),):
            if one is not old["unrecorded"]:
                await harness.publish(one.opening)
        for name in ("kept", "torn", "approved", "executing", "done"):
            await old[name].keep(harness)
        await harness.publish(old["torn"].decision[0])
        await harness.publish(*old["executing"].decision, *executing.until_submitted())
        await harness.publish(*old["done"].decision, *done.until_submitted(), *done.fill())
        await harness.publish(*done.completion())
        await add_durable(harness, ORCHESTRATOR_WORKERS, DeliverPolicy.NEW)
        await add_durable(harness, PLANNER_WORKERS, DeliverPolicy.NEW)
        await harness.publish(*old["approved"].decision)
        await harness.drained()
    await harness.publish(old["unrecorded"].opening)
    puller = await harness.connection.jetstream.pull_subscribe_bind(
        RISK_WORKERS.durable, EVENTS_STREAM
    )
    await puller.fetch(2)  # A worker was killed while it had these.

    await provisioned(settings)
    async with platform(settings):
        new = Old(len(old) + 1)
        await harness.publish(new.opening, *executing.fill(), *executing.completion())
        await all_completed(harness, [*old.values(), new])
        await harness.drained()
    await ends_are_right(harness, old | {"new": new})
    await provisioned(settings)
    assert not await exists(harness, RISK_WORKERS.durable)


async def ends_are_right(harness: LedgerHarness, old: dict[str, Old]) -> None:
    """Check histories, book and what was set aside."""
    told = await histories(harness, old.values())
    by_name = {name: told[one.intent_id] for name, one in old.items()}
    for name in ("submitted", "in hand", "unrecorded", "kept", "new"):
        assert by_name[name][1:4] == ["risk.screened", "risk.approved", "intent.accepted"], name
    for name in ("torn", "approved", "executing", "done"):
        assert by_name[name][1:3] == ["risk.approved", "intent.accepted"], name
    executed = [Counter(topics) for topics in by_name.values()]
    assert {(one["exec.step_submitted"], one["exec.completed"]) for one in executed} == {(1, 1)}
    row = await harness.reader.history(old["torn"].opening.correlation_id)
    assert [one.event for one in row[:3]] == [old["torn"].opening, *old["torn"].decision]
    unbounded = "SELECT intent_id FROM allocations WHERE claim_amount IS NULL"
    assert await harness.pool.fetch(unbounded) == []
    assert len(await statuses(harness.pool)) == len(old)
    assert await counters_are_sums(harness.pool)
    set_aside = {parse_event(body).topic for _, body in await harness.quarantined()}
    # The torn one was screened once more, which is how the portfolio stage came to finish it.
    assert set_aside <= {"risk.screened"}


async def test_what_a_killed_old_worker_held_does_not_keep_its_durable(
    harness: LedgerHarness, settings: Settings
) -> None:
    """A paused durable delivers nothing again, so what was in flight stays so for ever."""

    async def is_gone() -> bool:
        await provisioned(settings, 60.0)
        return not await exists(harness, RISK_WORKERS.durable)

    await add_durable(harness, RISK_WORKERS)
    await harness.publish(Old(1).opening)
    puller = await harness.connection.jetstream.pull_subscribe_bind(
        RISK_WORKERS.durable, EVENTS_STREAM
    )
    await puller.fetch(1)
    await provisioned(settings)
    assert await exists(harness, RISK_WORKERS.durable)
    await wait_until(is_gone)


async def test_a_worker_of_the_old_release_that_starts_again_gets_nothing(
    harness: LedgerHarness, settings: Settings
) -> None:
    """Given a rolling update, when an old process restarts meanwhile, then it decides nothing."""

    async def decide(event: AnyEvent, ports: object) -> list[AnyEvent]:
        handled.append(event.event_id)
        return []

    def old_workers() -> JetStreamBroker:
        broker = JetStreamBroker()
        topics = [IntentSubmitted.topic]
        broker.actor(queue_name=RISK_WORKERS.name, topics=topics)(decide)
        return broker

    handled: list[str] = []
    first, later = Old(1), Old(2)
    async with running(old_workers(), harness.connection):
        await harness.publish(first.opening)
        await wait_until(lambda: handled == [first.opening.event_id])
        await provisioned(settings, 60.0)
        await provisioned(settings, 60.0)
        # It is kept while somebody pulls from it, who would make it again from the stream's start.
        assert await exists(harness, RISK_WORKERS.durable)
    async with running(old_workers(), harness.connection):
        async with platform(settings):
            await harness.publish(later.opening)
            await all_completed(harness, [later])
        assert handled == [first.opening.event_id]
    await provisioned(settings)
    assert not await exists(harness, RISK_WORKERS.durable)
    assert await exists(harness, partition_durable(RISK_WORKERS.name, 0))
