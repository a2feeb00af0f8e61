"""Read models are the fold of the ledger, byte for byte, and become it again."""

from tests.integration.readmodels.desk import Desk
from tests.unit.readmodels.histories import History
from tradewind.readmodels.rebuild import Rebuild

HISTORIES = [History(number, strategy_id=f"alpha-{number % 2}") for number in range(1, 9)]


async def stored(desk: Desk, key: str) -> bytes:
    """Return a document as it stands."""
    text = await desk.redis.get(key)
    assert isinstance(text, bytes)
    return text


async def write_all(desk: Desk) -> None:
    """Write eight histories, some of them not ended."""
    for place, history in enumerate(HISTORIES):
        await desk.write(history.completed()[: 8 - place % 4])


async def test_what_the_coordinator_wrote_is_what_the_ledger_says(desk: Desk) -> None:
    await write_all(desk)
    before = await desk.snapshot()
    found = await Rebuild(desk.recorded, desk.redis).verify()
    assert found.is_identical
    assert found.events == sum(8 - place % 4 for place in range(8))
    # intents, plans, and the positions of two strategies that had fills
    assert found.documents == 8 + 8 + 2
    assert await desk.snapshot() == before


async def test_whatever_differs_is_found_and_written_again(desk: Desk) -> None:
    await write_all(desk)
    before = await desk.snapshot()
    intent, plan, positions = (
        f"intent:{HISTORIES[0].intent_id}",
        f"plan:{HISTORIES[1].plan_id}",
        "positions:alpha-1",
    )
    text = await stored(desk, intent)
    await desk.redis.set(intent, text.replace(b"completed", b"cancelled"))
    await desk.redis.delete(plan)
    await desk.redis.set(positions, b"{damaged")
    await desk.redis.set("intent:01K00000000000000000000000", text)
    found = await Rebuild(desk.recorded, desk.redis).verify()
    assert set(found.different) == {intent, plan, positions}
    assert found.unknown == ("intent:01K00000000000000000000000",)
    repaired = await Rebuild(desk.recorded, desk.redis).repair()
    assert repaired == found
    assert (await Rebuild(desk.recorded, desk.redis).verify()).is_identical
    assert await desk.snapshot() == before


async def test_a_flushed_cache_is_written_whole(desk: Desk) -> None:
    await write_all(desk)
    await desk.redis.flushall()
    missing = await Rebuild(desk.recorded, desk.redis).repair()
    assert len(missing.different) == missing.documents
    assert (await Rebuild(desk.recorded, desk.redis).verify()).is_identical


async def test_a_document_that_is_ahead_is_left_alone(desk: Desk) -> None:
    """Given a coordinator that wrote on after the ledger was read, then its document stays."""
    await write_all(desk)
    key = f"intent:{HISTORIES[0].intent_id}"
    ahead = (await stored(desk, key)).replace(b'"version":8', b'"version":9')
    await desk.redis.set(key, ahead)
    assert (await Rebuild(desk.recorded, desk.redis).repair()).is_identical
    assert await stored(desk, key) == ahead
