"""Read models equal the fold of the ledger, whatever happens to Redis."""

import contextlib
import json
from collections.abc import Sequence
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.integration.readmodels.harness import ReadModelHarness
from tests.support.histories import History
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.contracts.intents.model import IntentType
from tradewind.readmodels.documents.store import DocumentStore, GlobalSeqRange, StaleIncarnation
from tradewind.readmodels.models.intent import INTENT
from tradewind.readmodels.projection.projector import Projector
from tradewind.readmodels.read_model import ReadModelDocument

SIDES: tuple[IntentType, ...] = ("acquire", "acquire", "dispose", "acquire")
HISTORIES = [
    History(number, strategy_id=f"demo-{number % 2}", intent_type=side)
    for number, side in enumerate(SIDES, 1)
]
EVENTS = [event for history in HISTORIES for event in history.completed(fills=2)]


async def document(harness: ReadModelHarness, key: str) -> Any:
    """Return the JSON under a key."""
    text = await harness.redis.get(key)
    assert text is not None
    return json.loads(text)


async def written_at_once(harness: ReadModelHarness) -> dict[bytes, Any]:
    """Record every event, write every document, and return them."""
    assert await harness.write(EVENTS)
    return await harness.snapshot()


async def test_the_documents_stand_under_the_names_the_outside_knows(
    harness: ReadModelHarness,
) -> None:
    await harness.write(EVENTS)
    history = HISTORIES[0]
    intent = await document(harness, f"intent:{history.intent_id}")
    assert intent["state"] == "completed"
    assert intent["latest_plan_id"] == history.plan_id
    assert {"last_event_time", "summary", "version", "incarnation"} <= set(intent)
    plan = await document(harness, f"plan:{history.plan_id}")
    assert (plan["status"], len(plan["steps"]), plan["progress"]["fills"]) == ("completed", 1, 2)
    positions = await document(harness, "positions:demo-1")
    assert [one["quantity"] for one in positions["positions"]] == ["0.000000000000000000"]


async def test_event_by_event_gives_what_one_batch_gives(harness: ReadModelHarness) -> None:
    for event in EVENTS:
        assert await harness.write([event])
    stepwise = await harness.snapshot()
    await harness.redis.flushall()
    assert await harness.new_projector().catch_up() == len(EVENTS)
    assert await harness.snapshot() == stepwise


async def test_a_flush_is_noticed_and_made_up_for(harness: ReadModelHarness) -> None:
    before = await written_at_once(harness)
    await harness.redis.flushall()
    later = History(9).completed()
    assert not await harness.write(later)
    assert await harness.projector.catch_up() == len(EVENTS) + len(later)
    after = await harness.snapshot()
    assert {key: after[key] for key in before if b":demo" in key or b"intent:" in key} == {
        key: before[key] for key in before if b":demo" in key or b"intent:" in key
    }
    assert await harness.projector.catch_up() == 0
    assert await harness.write(History(10).completed())


async def test_a_crash_between_commit_and_redis_is_made_up_for(harness: ReadModelHarness) -> None:
    await harness.write(EVENTS[:10])
    await harness.append(EVENTS[10:20])
    restarted = harness.new_projector()
    assert await restarted.catch_up() == 10
    assert await harness.projector.catch_up() == 0
    await harness.project(await harness.append(EVENTS[20:]))
    stepwise = await harness.snapshot()
    await harness.redis.flushall()
    await harness.new_projector().catch_up()
    assert await harness.snapshot() == stepwise


async def test_two_writers_that_take_turns_miss_no_fill(harness: ReadModelHarness) -> None:
    projectors = [harness.projector, harness.new_projector()]
    for number, side in enumerate(SIDES):
        result = await harness.append(History(number, intent_type=side).completed(fills=2))
        await projectors[number % 2].project(
            result.position.incarnation, result.previous_global_seq, result.appended
        )
    stepwise = await harness.snapshot()
    await harness.redis.flushall()
    await harness.new_projector().catch_up()
    assert await harness.snapshot() == stepwise


async def test_an_older_document_never_replaces_a_newer_one(harness: ReadModelHarness) -> None:
    early = await harness.append(EVENTS[:3])
    late = await harness.append(EVENTS[3:9])
    assert not await harness.project(late)
    newest = await harness.redis.get(f"intent:{HISTORIES[0].intent_id}")
    await harness.new_projector().project(
        early.position.incarnation, early.previous_global_seq, early.appended
    )
    assert await harness.redis.get(f"intent:{HISTORIES[0].intent_id}") == newest


async def test_an_earlier_incarnation_never_replaces_a_later_one(harness: ReadModelHarness) -> None:
    await harness.write(EVENTS)
    intent = await harness.reader.read(INTENT, HISTORIES[0].intent_id)
    assert intent is not None
    for incarnation, wins in (("19700101", False), ("29990101", True)):
        stranger = intent.model_copy(update={"incarnation": incarnation, "version": 1})
        with contextlib.suppress(StaleIncarnation):
            await harness.store.write(incarnation, GlobalSeqRange(0, 1, True), [stranger])
        stored = await document(harness, f"intent:{intent.intent_id}")
        assert (stored["incarnation"] == incarnation) is wins


async def test_a_database_older_than_its_read_models_is_an_error(harness: ReadModelHarness) -> None:
    result = await harness.append(EVENTS)
    await harness.store.write("2999", GlobalSeqRange(0, 1, True), [])
    with pytest.raises(StaleIncarnation):
        await harness.project(result)
    with pytest.raises(StaleIncarnation):
        await harness.projector.catch_up()


async def test_an_intent_is_indexed_under_its_present_state_only(harness: ReadModelHarness) -> None:
    history = History(1)
    for event in history.completed():
        await harness.write([event])
    indexes = {
        key.decode().rsplit(":", 2)[1:][0]: ids
        for key, ids in (await harness.snapshot()).items()
        if key.startswith(b"intents:")
    }
    assert set(indexes) == {"*", IntentState.COMPLETED.value}
    assert all(ids == [history.intent_id.encode()] for ids in indexes.values())


class FlushedStore(DocumentStore):
    """A store that is flushed before its second write."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis)
        self._client = redis
        self._writes = 0

    async def write(
        self, incarnation: str, recorded: GlobalSeqRange, documents: Sequence[ReadModelDocument]
    ) -> int:
        self._writes += 1
        if self._writes == 2:
            await self._client.flushall()
        return await super().write(incarnation, recorded, documents)


async def test_a_flush_while_catching_up_begins_again(harness: ReadModelHarness) -> None:
    many = [event for number in range(100, 200) for event in History(number).completed()]
    before = await written_at_once(harness)
    for start in range(0, len(many), 400):
        await harness.append(many[start : start + 400])
    store = FlushedStore(harness.redis)
    assert await Projector(harness.recorded, store).catch_up() > len(many)
    after = await harness.snapshot()
    assert {key for key in before if key.startswith(b"intent:")} < set(after)
    mark = await store.mark()
    assert mark is not None
    assert (mark.version, mark.complete) == (len(EVENTS) + len(many), True)
