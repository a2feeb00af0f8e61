"""The reader answers the same from the cache and from the truth."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from tests.integration.readmodels.harness import ReadModelHarness
from tests.support.histories import History
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.errors import TransientError
from tradewind.readmodels.documents.store import GlobalSeqRange
from tradewind.readmodels.due import DuePosition
from tradewind.readmodels.models.intent import INTENT, IntentDocument
from tradewind.readmodels.models.plan import PLAN
from tradewind.readmodels.models.positions import POSITIONS
from tradewind.readmodels.reader import ReadModelReader
from tradewind.redis import open_redis

COMPLETED = [History(number, strategy_id="alpha") for number in range(1, 5)]
WAITING = [History(number, strategy_id="beta") for number in range(5, 8)]
NOBODY = History(999)


@pytest.fixture
async def filled(harness: ReadModelHarness) -> ReadModelHarness:
    """Return a harness with four completed intents of alpha and three submitted ones of beta."""
    for history in COMPLETED:
        await harness.write(history.completed())
    for history in WAITING:
        await harness.write(history.events())
    return harness


@pytest.fixture
async def without_redis(filled: ReadModelHarness) -> AsyncIterator[ReadModelReader]:
    """Return a reader whose Redis does not answer."""
    async with open_redis("redis://127.0.0.1:1") as nowhere:
        yield ReadModelReader(nowhere, filled.recorded)


async def pages(
    reader: ReadModelReader, state: IntentState | None = None, strategy_id: str | None = None
) -> list[IntentDocument]:
    found: list[IntentDocument] = []
    cursor = None
    while True:
        page = await reader.page(
            INTENT, {"state": state, "strategy_id": strategy_id}, cursor, limit=2
        )
        assert len(page.items) <= 2
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


async def test_an_answer_does_not_depend_on_where_it_comes_from(
    filled: ReadModelHarness, without_redis: ReadModelReader
) -> None:
    for history in (*COMPLETED, *WAITING):
        cached = await filled.reader.read(INTENT, history.intent_id)
        assert cached is not None
        assert cached == await without_redis.read(INTENT, history.intent_id)
    plan_id = COMPLETED[0].plan_id
    assert await filled.reader.read(PLAN, plan_id) == await without_redis.read(PLAN, plan_id)
    assert await filled.reader.read(POSITIONS, "alpha") == await without_redis.read(
        POSITIONS, "alpha"
    )


@pytest.mark.parametrize(
    ("state", "strategy_id", "expected"),
    [
        (None, None, [*COMPLETED, *WAITING]),
        (IntentState.COMPLETED, None, COMPLETED),
        (IntentState.SUBMITTED, "beta", WAITING),
        (None, "alpha", COMPLETED),
        (IntentState.FAILED, None, []),
        (IntentState.COMPLETED, "beta", []),
    ],
)
async def test_listings_are_complete_and_newest_first(
    filled: ReadModelHarness,
    without_redis: ReadModelReader,
    state: IntentState | None,
    strategy_id: str | None,
    expected: list[History],
) -> None:
    cached = await pages(filled.reader, state, strategy_id)
    assert [one.intent_id for one in cached] == [one.intent_id for one in reversed(expected)]
    assert cached == await pages(without_redis, state, strategy_id)


async def test_an_empty_cache_is_no_answer(filled: ReadModelHarness) -> None:
    await filled.redis.flushall()
    assert await filled.reader.read(INTENT, COMPLETED[0].intent_id) is not None
    assert await filled.reader.read(PLAN, COMPLETED[0].plan_id) is not None
    assert await filled.reader.read(POSITIONS, "alpha") is not None
    assert len(await pages(filled.reader)) == len(COMPLETED) + len(WAITING)


async def test_a_half_rebuilt_index_is_not_listed_from(filled: ReadModelHarness) -> None:
    await filled.redis.flushall()
    await filled.write(History(50).events())
    assert len(await pages(filled.reader)) == len(COMPLETED) + len(WAITING) + 1
    incarnation = (await filled.recorded.position()).incarnation
    await filled.store.write(incarnation, GlobalSeqRange(0, 5, False), [])
    mark = await filled.store.mark()
    assert mark is not None
    assert not mark.complete
    assert len(await pages(filled.reader)) == len(COMPLETED) + len(WAITING) + 1


async def test_a_document_that_cannot_be_read_is_folded_again(filled: ReadModelHarness) -> None:
    key = f"intent:{COMPLETED[0].intent_id}"
    expected = await filled.reader.read(INTENT, COMPLETED[0].intent_id)
    await filled.redis.set(key, b'{"incarnation":"x"}')
    assert await filled.reader.read(INTENT, COMPLETED[0].intent_id) == expected
    assert len(await pages(filled.reader)) == len(COMPLETED) + len(WAITING)


async def test_what_nobody_recorded_is_not_there(
    filled: ReadModelHarness, without_redis: ReadModelReader
) -> None:
    for reader in (filled.reader, without_redis):
        assert await reader.read(INTENT, NOBODY.intent_id) is None
        assert await reader.read(PLAN, NOBODY.plan_id) is None
        assert await reader.read(POSITIONS, "nobody") is None


async def test_no_answer_is_an_error_and_not_an_absence(
    filled: ReadModelHarness, redis: Redis
) -> None:
    await redis.flushall()
    await filled.pool.close()
    with pytest.raises(TransientError):
        await filled.reader.read(INTENT, COMPLETED[0].intent_id)
    with pytest.raises(TransientError):
        await filled.reader.page(INTENT)


async def test_a_document_older_than_the_ledger_is_not_served(filled: ReadModelHarness) -> None:
    """Given a projection that stands still, then answers come from the ledger until it goes on."""
    due = DuePosition(filled.recorded)
    reader = ReadModelReader(filled.redis, filled.recorded, due=due)
    history = WAITING[0]
    result = await filled.append(history.completed()[len(history.events()) :])
    stale = await reader.read(INTENT, history.intent_id)
    assert stale is not None
    assert stale.state is IntentState.SUBMITTED
    for _ in range(2):
        await due.refresh()
    document = await reader.read(INTENT, history.intent_id)
    assert document is not None
    assert document.state is IntentState.COMPLETED
    assert [one.state for one in await pages(reader, strategy_id="beta")][-1] is document.state
    await filled.project(result)
    assert await reader.read(INTENT, history.intent_id) == document


async def test_documents_of_another_incarnation_than_the_ledgers_are_not_served(
    filled: ReadModelHarness,
) -> None:
    due = DuePosition(filled.recorded)
    reader = ReadModelReader(filled.redis, filled.recorded, due=due)
    await due.refresh()
    await filled.redis.set(
        "projection", '{"incarnation":"of another database","version":999,"complete":true}'
    )
    document = await reader.read(INTENT, COMPLETED[0].intent_id)
    assert document is not None
    assert document.incarnation == (await filled.recorded.position()).incarnation
