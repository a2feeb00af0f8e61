"""Read models are the fold of the ledger, byte for byte, and become it again."""

import pytest

from tests.integration.readmodels.harness import ReadModelHarness
from tests.support.histories import History
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.ledger.records import HistoryDamaged
from tradewind.readmodels.models.intent import INTENT
from tradewind.readmodels.rebuild.rebuild import Rebuild
from tradewind.readmodels.rebuild.rebuild_store import SCAN_COUNT

assert INTENT.index is not None
INDEX = INTENT.index
HISTORIES = [History(number, strategy_id=f"alpha-{number % 2}") for number in range(1, 9)]


async def stored(harness: ReadModelHarness, key: str) -> bytes:
    """Return a document as it stands."""
    text = await harness.redis.get(key)
    assert isinstance(text, bytes)
    return text


async def write_all(harness: ReadModelHarness) -> None:
    """Write eight histories, some of them not ended."""
    for place, history in enumerate(HISTORIES):
        await harness.write(history.completed()[: 9 - place % 4])


async def test_what_the_coordinator_wrote_is_what_the_ledger_says(
    harness: ReadModelHarness,
) -> None:
    await write_all(harness)
    before = await harness.snapshot()
    found = await Rebuild(harness.recorded, harness.redis).verify()
    assert found.is_identical
    assert found.events == sum(9 - place % 4 for place in range(8))
    # intents, plans, and the positions of two strategies that had fills
    assert found.documents == 8 + 8 + 2
    assert await harness.snapshot() == before


async def test_whatever_differs_is_found_and_written_again(harness: ReadModelHarness) -> None:
    await write_all(harness)
    before = await harness.snapshot()
    intent, plan, positions = (
        f"intent:{HISTORIES[0].intent_id}",
        f"plan:{HISTORIES[1].plan_id}",
        "positions:alpha-1",
    )
    text = await stored(harness, intent)
    await harness.redis.set(intent, text.replace(b"completed", b"cancelled"))
    await harness.redis.delete(plan)
    await harness.redis.set(positions, b"{damaged")
    await harness.redis.set("intent:01K00000000000000000000000", text)
    found = await Rebuild(harness.recorded, harness.redis).verify()
    assert set(found.different.keys) == {intent, plan, positions}
    assert found.unknown.keys == ["intent:01K00000000000000000000000"]
    repaired = await Rebuild(harness.recorded, harness.redis).repair()
    assert set(repaired.different.keys) == set(found.different.keys)
    assert repaired.unknown.keys == found.unknown.keys
    assert (await Rebuild(harness.recorded, harness.redis).verify()).is_identical
    assert await harness.snapshot() == before


async def test_a_flushed_cache_is_written_whole(harness: ReadModelHarness) -> None:
    await write_all(harness)
    await harness.redis.flushall()
    missing = await Rebuild(harness.recorded, harness.redis).repair()
    assert missing.different.count == missing.documents
    assert (await Rebuild(harness.recorded, harness.redis).verify()).is_identical


async def test_listings_are_put_right(harness: ReadModelHarness) -> None:
    await write_all(harness)
    before = await harness.snapshot()
    first, second = HISTORIES[0].intent_id, HISTORIES[1].intent_id
    incarnation = (await harness.recorded.position()).incarnation
    await harness.redis.zrem(INDEX.key(incarnation, None, "alpha-1"), first)
    await harness.redis.zadd(INDEX.key(incarnation, IntentState.FAILED, None), {second: 0})
    await harness.redis.zadd(INDEX.key("an earlier one", None, None), {second: 0})
    found = await Rebuild(harness.recorded, harness.redis).verify()
    assert (found.different.count, found.unknown.count, found.misplaced.count) == (0, 1, 2)
    await Rebuild(harness.recorded, harness.redis).repair()
    assert await harness.snapshot() == before


async def test_what_does_not_belong_is_removed(harness: ReadModelHarness) -> None:
    await write_all(harness)
    before = await harness.snapshot()
    plan = await stored(harness, f"plan:{HISTORIES[0].plan_id}")
    strangers = {
        "plan:01K00000000000000000000000": plan,
        "plan:nothing": b"{}",
        "intent:nothing": b"{}",
        "positions:nobody": b"{}",
    }
    await harness.redis.mset(strangers)
    found = await Rebuild(harness.recorded, harness.redis).repair()
    assert set(found.unknown.keys) == set(strangers)
    assert await harness.snapshot() == before


async def test_what_does_not_belong_is_not_listed_either(harness: ReadModelHarness) -> None:
    """Given more strangers than one look finds, then none is left in an index it was listed in."""
    await write_all(harness)
    before = await harness.snapshot()
    text = await stored(harness, f"intent:{HISTORIES[0].intent_id}")
    own_id = HISTORIES[0].intent_id.encode()
    ids = [f"01K{number:023d}" for number in range(3 * SCAN_COUNT)]
    await harness.redis.mset({f"intent:{one}": text.replace(own_id, one.encode()) for one in ids})
    incarnation = (await harness.recorded.position()).incarnation
    await harness.redis.zadd(INDEX.key(incarnation, None, None), dict.fromkeys(ids, 0))
    found = await Rebuild(harness.recorded, harness.redis).repair()
    assert found.unknown.count == len(ids)
    assert await harness.snapshot() == before


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE events SET payload = jsonb_set(payload, '{priority}', '4') WHERE global_seq = 4",
        "UPDATE events SET payload = payload || '{\"priority\": []}' WHERE global_seq = 4",
        "UPDATE events SET payload = '[]' WHERE global_seq = 4",
        "UPDATE events SET topic = 'no.topic' WHERE global_seq = 4",
        "UPDATE events SET producer = 'another' WHERE global_seq = 4",
        "UPDATE events SET time = time + interval '1 ms' WHERE global_seq = 4",
        "UPDATE event_index SET body_sha256 = sha256('') WHERE global_seq = 4",
        "UPDATE event_index SET body = '{}' WHERE global_seq = 4",
        "DELETE FROM events WHERE global_seq = 4",
        "DELETE FROM event_index WHERE global_seq = 9",
    ],
)
@pytest.mark.parametrize("repair", [False, True])
async def test_a_damaged_history_is_found(
    harness: ReadModelHarness, damage: str, repair: bool
) -> None:
    await write_all(harness)
    async with harness.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(damage)
    rebuild = Rebuild(harness.recorded, harness.redis)
    with pytest.raises(HistoryDamaged):
        await (rebuild.repair() if repair else rebuild.verify())
