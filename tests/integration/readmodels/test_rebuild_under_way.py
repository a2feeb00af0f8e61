"""What happens around a rebuild that is at work: writers, readers, floods, deaths, a second one."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.integration.readmodels.harness import ReadModelHarness
from tests.support.histories import History
from tradewind.contracts.envelope import AnyEvent
from tradewind.ledger.history.histories import HistoryRange, Page
from tradewind.ledger.history.reader import LedgerReader
from tradewind.readmodels.documents import keys
from tradewind.readmodels.models.intent import INTENT, IntentDocument
from tradewind.readmodels.models.plan import PLAN
from tradewind.readmodels.rebuild import rebuild_store
from tradewind.readmodels.rebuild.comparison_pass import BETWEEN_PAGES
from tradewind.readmodels.rebuild.rebuild import Rebuild
from tradewind.readmodels.rebuild.rebuild_store import (
    HOLD_MS,
    Interrupted,
    RebuildRuns,
    RebuildStore,
)

HISTORIES = [History(number, strategy_id=f"alpha-{number % 3}") for number in range(1, 61)]
STARTED = [event for history in HISTORIES for event in history.completed(fills=2)[:5]]
REST = [event for history in HISTORIES for event in history.completed(fills=2)[5:]]

type Step = Callable[[], Coroutine[Any, Any, object]]


class Interposed(LedgerReader):
    """A ledger that lets something happen once it has been read."""

    def __init__(self, harness: ReadModelHarness, step: Step) -> None:
        super().__init__(harness.pool)
        self._step: Step | None = step

    async def pages(self, stretch: HistoryRange) -> AsyncIterator[Page]:
        async for page in super().pages(stretch):
            if self._step is not None:
                step, self._step = self._step, None
                await step()
            yield page


async def spoil(harness: ReadModelHarness, every: int = 3) -> None:
    """Damage some documents, remove some, and forget a listing."""
    for place, history in enumerate(HISTORIES):
        key = INTENT.key(history.intent_id)
        if place % every == 0:
            await harness.redis.set(key, b'{"incarnation":"","version":1}')
        elif place % every == 1:
            await harness.redis.delete(PLAN.key(history.plan_id))


async def is_right(harness: ReadModelHarness) -> None:
    """Check every byte, and that a cache built anew holds the same."""
    verified = await Rebuild(harness.recorded, harness.redis).verify()
    assert verified.is_identical, vars(verified.different)
    before = await harness.snapshot()
    await harness.redis.flushall()
    await harness.new_projector().catch_up()
    assert await harness.snapshot() == before


async def write_in_small_batches(
    harness: ReadModelHarness, events: Sequence[AnyEvent], size: int
) -> None:
    """Record and project as a coordinator does, giving way after each batch."""
    for start in range(0, len(events), size):
        await harness.write(events[start : start + size])
        await asyncio.sleep(0)


async def test_a_writer_that_goes_on_meanwhile_loses_nothing(harness: ReadModelHarness) -> None:
    await harness.write(STARTED)
    await spoil(harness)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(write_in_small_batches(harness, REST, 3))
        for _ in range(4):
            await Rebuild(harness.recorded, harness.redis).repair()
    await is_right(harness)


async def test_a_document_written_after_the_ledger_was_read_stays(
    harness: ReadModelHarness,
) -> None:
    """Given a writer that is faster than the rebuild, then its newer documents stay."""
    await harness.write(STARTED)
    found = await Rebuild(Interposed(harness, lambda: harness.write(REST)), harness.redis).repair()
    assert found.different.count == 0
    await is_right(harness)


async def test_a_version_the_ledger_never_had_is_damage(harness: ReadModelHarness) -> None:
    await harness.write(STARTED)
    key = INTENT.key(HISTORIES[0].intent_id)
    text = await harness.redis.get(key)
    assert isinstance(text, bytes)
    await harness.redis.set(key, text.replace(b'"version":5', b'"version":6'))
    assert (await Rebuild(harness.recorded, harness.redis).verify()).different.keys == [key]
    assert (await Rebuild(harness.recorded, harness.redis).repair()).different.keys == [key]
    assert await harness.redis.get(key) == text


async def test_documents_a_writer_is_about_to_write_do_not_differ(
    harness: ReadModelHarness,
) -> None:
    """Given events that are committed and not yet projected, then comparing waits for them."""
    await harness.write(STARTED)
    result = await harness.append(REST)

    async def project_late() -> None:
        await asyncio.sleep(0.3)
        await harness.project(result)

    projecting = asyncio.create_task(project_late())
    found = await Rebuild(harness.recorded, harness.redis).verify()
    await projecting
    assert found.is_identical


async def test_what_nobody_writes_differs(harness: ReadModelHarness) -> None:
    await harness.write(STARTED)
    await harness.append(REST)
    assert not (await Rebuild(harness.recorded, harness.redis).verify()).is_identical


async def test_an_emptied_redis_is_begun_again_with(harness: ReadModelHarness) -> None:
    await harness.write([*STARTED, *REST])

    async def flush() -> None:
        await harness.redis.flushall()

    found = await Rebuild(Interposed(harness, flush), harness.redis).repair()
    assert found.different.count == found.documents
    mark = await harness.store.mark()
    assert mark is not None
    assert (mark.version, mark.complete) == (len(STARTED) + len(REST), True)
    await is_right(harness)


async def test_a_rebuild_that_lost_its_hold_says_nothing(
    harness: ReadModelHarness, redis: Redis
) -> None:
    """Given a flush after the last document, then no mark vouches for what is gone."""
    await harness.write(STARTED)
    hold = RebuildStore(redis)
    token = await hold.begin()
    await redis.flushall()
    with pytest.raises(Interrupted):
        await hold.finish(token, (await harness.recorded.position()).incarnation, len(STARTED))
    assert await harness.store.mark() is None


async def listed(harness: ReadModelHarness) -> list[IntentDocument]:
    """Return all intents, page after page: the ledger folds few at a time."""
    page = await harness.reader.page(INTENT, limit=200)
    found = [*page.items]
    while page.next_cursor is not None:
        page = await harness.reader.page(INTENT, cursor=page.next_cursor, limit=200)
        found += page.items
    return found


async def test_readers_are_with_the_ledger_until_it_is_done(harness: ReadModelHarness) -> None:
    await harness.write(STARTED)
    right = await harness.reader.read(INTENT, HISTORIES[0].intent_id)
    assert right is not None
    key = INTENT.key(right.intent_id)
    wrong = right.model_copy(update={"illegal_events": 7})
    await harness.redis.set(key, wrong.model_dump_json())
    assert await harness.reader.read(INTENT, right.intent_id) == wrong

    async def look() -> None:
        assert await harness.reader.read(INTENT, right.intent_id) == right
        assert right in await listed(harness)
        assert await harness.redis.get(key) == wrong.model_dump_json().encode()

    await Rebuild(Interposed(harness, look), harness.redis).repair()
    assert await harness.redis.get(keys.REBUILD_KEY) is None
    assert await harness.redis.get(key) == right.model_dump_json().encode()


async def test_one_rebuild_at_a_time(harness: ReadModelHarness) -> None:
    await harness.write(STARTED)
    await spoil(harness)

    async def second() -> None:
        with pytest.raises(RebuildRuns):
            await Rebuild(harness.recorded, harness.redis).repair()

    await Rebuild(Interposed(harness, second), harness.redis).repair()
    await is_right(harness)


async def test_two_rebuilds_that_know_nothing_of_each_other_end_right(
    harness: ReadModelHarness,
) -> None:
    """Given one that was stopped so long that its hold lapsed, then both may write."""
    await harness.write(STARTED)
    await spoil(harness)

    async def overtaken() -> None:
        await harness.redis.delete(keys.REBUILD_KEY)
        await write_in_small_batches(harness, REST, 50)
        await Rebuild(harness.recorded, harness.redis).repair()

    await Rebuild(Interposed(harness, overtaken), harness.redis).repair()
    await is_right(harness)


async def test_it_holds_the_readers_however_long_a_page_takes(
    harness: ReadModelHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild_store, "HOLD_MS", 400)
    await harness.write(STARTED)
    pages = 0

    async def dawdle() -> None:
        nonlocal pages
        pages += 1
        await asyncio.sleep(1)
        assert await harness.redis.get(keys.REBUILD_KEY) is not None

    await Rebuild(Interposed(harness, dawdle), harness.redis).repair()
    assert pages == 1
    assert (await harness.store.mark()) is not None


async def test_a_failed_rebuild_hands_the_readers_back(harness: ReadModelHarness) -> None:
    await harness.write(STARTED)

    async def fail() -> None:
        raise RuntimeError("out of luck")

    with pytest.raises(RuntimeError):
        await Rebuild(Interposed(harness, fail), harness.redis).repair()
    assert await harness.redis.get(keys.REBUILD_KEY) is None


@pytest.mark.parametrize("page", [1, 2, 3, 5])
async def test_killed_in_the_middle_it_leaves_nothing_worse(
    harness: ReadModelHarness, database_dsn: str, redis_url: str, page: int
) -> None:
    await harness.write([*STARTED, *REST])
    await spoil(harness)
    environment = os.environ | {
        "TRADEWIND_NATS_URL": "nats://127.0.0.1:1",
        "TRADEWIND_POSTGRES_DSN": database_dsn,
        "TRADEWIND_REDIS_URL": redis_url,
        "TRADEWIND_FAILPOINTS": f"{BETWEEN_PAGES}=kill:{page}",
    }
    command = Path(sys.executable).with_name("tradewind")
    process = await asyncio.create_subprocess_exec(command, "rebuild", env=environment)
    assert await process.wait() == -signal.SIGKILL
    assert 0 < await harness.redis.pttl(keys.REBUILD_KEY) <= HOLD_MS
    await every_answer_is_right(harness, HISTORIES)
    await harness.redis.delete(keys.REBUILD_KEY)  # the hold lapses
    await every_answer_is_right(harness, HISTORIES)
    await Rebuild(harness.recorded, harness.redis).repair()
    await is_right(harness)


async def every_answer_is_right(harness: ReadModelHarness, histories: Iterable[History]) -> None:
    for history in histories:
        intent = await harness.reader.read(INTENT, history.intent_id)
        plan = await harness.reader.read(PLAN, history.plan_id)
        assert intent is not None
        assert plan is not None
        assert (intent.state, plan.status) == ("completed", "completed")
