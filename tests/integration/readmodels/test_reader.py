"""The reader answers the same from the cache and from the truth."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.integration.readmodels.harness import ReadModelHarness
from tests.support.histories import History
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.errors import TransientError
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.queries import QUERIES
from tradewind.readmodels.documents.store import GlobalSeqRange
from tradewind.readmodels.due import DuePosition
from tradewind.readmodels.models.intent import INTENT, IntentDocument
from tradewind.readmodels.models.plan import PLAN
from tradewind.readmodels.models.positions import POSITIONS
from tradewind.readmodels.reader import Page, ReadModelReader, Rebuilding
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


async def test_a_listing_folds_a_few_histories_only(
    filled: ReadModelHarness, without_redis: ReadModelReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given more histories than one listing may fold, its page is short and says how to go on."""
    monkeypatch.setattr("tradewind.readmodels.reader.MAX_FOLDED", 3)
    monkeypatch.setattr("tradewind.readmodels.reader.FOLDED_AT_ONCE", 2)
    folded = count_folds(monkeypatch)
    page = await without_redis.page(INTENT, {"state": IntentState.COMPLETED}, limit=50)
    assert page.items == ()
    assert page.next_cursor == WAITING[0].intent_id
    assert len(folded) == 3
    found = await pages(without_redis, IntentState.COMPLETED)
    assert [one.intent_id for one in found] == [one.intent_id for one in reversed(COMPLETED)]
    assert len(await pages(without_redis)) == len(COMPLETED) + len(WAITING)


async def test_a_listing_of_a_strategy_folds_nothing_of_others(
    filled: ReadModelHarness, without_redis: ReadModelReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    folded = count_folds(monkeypatch)
    page = await without_redis.page(INTENT, {"strategy_id": "nobody"})
    assert (page.items, page.next_cursor, folded) == ((), None, [])
    await without_redis.page(INTENT, {"strategy_id": "beta", "state": IntentState.SUBMITTED})
    assert set(folded) == {one.correlation_id for one in WAITING}
    plan = await filled.pool.fetch(
        "EXPLAIN "
        + QUERIES["select_opened_by"]
        .replace(":topic", "intent.submitted")
        .replace(":path", "intent,strategy_id"),
        "intent-",
        "intent.",
        50,
        "nobody",
    )
    assert "events_strategy_intents" in "\n".join(row[0] for row in plan)


def count_folds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which the correlation of every history is added that is folded."""
    folded: list[str] = []
    histories = LedgerReader.histories

    async def counted(reader: LedgerReader, names: Sequence[str]) -> Any:
        folded.extend(names)
        return await histories(reader, names)

    monkeypatch.setattr(LedgerReader, "histories", counted)
    return folded


async def test_one_listing_is_folded_at_a_time_and_others_are_told_to_come_back(
    filled: ReadModelHarness, without_redis: ReadModelReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradewind.readmodels.reader.FOLDING_SECONDS", 0.3)
    running, most = 0, 0
    histories = LedgerReader.histories

    async def slow(reader: LedgerReader, names: Sequence[str]) -> Any:
        nonlocal running, most
        running, most = running + 1, max(most, running + 1)
        try:
            await asyncio.sleep(0.2)
            return await histories(reader, names)
        finally:
            running -= 1

    monkeypatch.setattr(LedgerReader, "histories", slow)
    asked = [without_redis.page(INTENT) for _ in range(4)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert most == 1
    assert any(isinstance(answer, Page) for answer in answers)
    assert any(isinstance(answer, Rebuilding) for answer in answers)
    monkeypatch.setattr(LedgerReader, "histories", histories)
    assert len(await pages(without_redis)) == len(COMPLETED) + len(WAITING)


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
