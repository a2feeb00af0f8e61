"""Keys of ours that hold another type: they are replaced, and freeze nothing else."""

import pytest

from tests.integration.readmodels.harness import ReadModelHarness
from tests.support.histories import History
from tests.support.waiting import wait_until
from tradewind.ledger.append.hints import Fingerprint, Hints
from tradewind.readmodels.documents.keys import MARK_KEY, REBUILD_KEY
from tradewind.readmodels.models.intent import INTENT
from tradewind.readmodels.rebuild.rebuild import Rebuild
from tradewind.readmodels.rebuild.rebuild_store import RebuildRuns, RebuildStore
from tradewind.readmodels.rebuild.scrubber import Scrubber

DONE = [History(number, strategy_id="alpha") for number in range(1, 6)]
NEXT = History(9, strategy_id="alpha")
TYPES = ("string", "list", "set", "hash")


async def put(harness: ReadModelHarness, key: str, kind: str) -> None:
    """Replace a key by one of another type."""
    await harness.redis.delete(key)
    match kind:
        case "string":
            await harness.redis.set(key, "oops")
        case "list":
            await harness.redis.rpush(key, "oops")
        case "set":
            await harness.redis.sadd(key, "oops")
        case _:
            await harness.redis.hset(key, "oops", "oops")


async def keys_of(harness: ReadModelHarness) -> list[str]:
    return sorted(key.decode() for key in await harness.snapshot())


async def right(harness: ReadModelHarness) -> dict[bytes, object]:
    """Return what Redis holds after everything was projected into an empty one."""
    await harness.redis.flushall()
    await harness.new_projector().catch_up()
    return await harness.snapshot()


@pytest.fixture
async def filled(harness: ReadModelHarness) -> ReadModelHarness:
    for history in DONE:
        await harness.write(history.completed())
    return harness


@pytest.mark.parametrize("kind", TYPES)
async def test_any_key_of_another_type_is_written_again(
    filled: ReadModelHarness, kind: str
) -> None:
    """Given every key in turn, then the next events repair it, or the projection that follows."""
    for number, key in enumerate(await keys_of(filled), 20):
        await put(filled, key, kind)
        history = History(number, strategy_id="alpha")
        if not await filled.write(history.completed()):
            await filled.projector.catch_up()
        shown = await filled.reader.read(INTENT, history.intent_id)
        assert shown is not None
        assert shown.version == len(history.completed())
        scrubber = Scrubber(filled.recorded, filled.redis)
        for _ in range(20):
            await scrubber.step()
        await filled.new_projector().catch_up()
    held = await filled.snapshot()
    assert held == await right(filled)


@pytest.mark.parametrize("kind", TYPES)
async def test_a_rebuild_replaces_every_key_of_another_type(
    filled: ReadModelHarness, kind: str
) -> None:
    before = await filled.snapshot()
    for key in await keys_of(filled):
        await put(filled, key, kind)
    rebuild = Rebuild(filled.recorded, filled.redis)
    assert not (await rebuild.verify()).is_identical
    await rebuild.repair()
    assert await filled.snapshot() == before
    assert (await rebuild.verify()).is_identical


@pytest.mark.parametrize("kind", TYPES)
async def test_keys_nobody_writes_any_more_are_removed_by_a_rebuild(
    filled: ReadModelHarness, kind: str
) -> None:
    before = await filled.snapshot()
    incarnation = (await filled.recorded.position()).incarnation
    for key in ("intent:nobody", "positions:nobody", f"intents:{incarnation}:failed:nobody"):
        await put(filled, key, kind)
    await Rebuild(filled.recorded, filled.redis).repair()
    assert await filled.snapshot() == before


async def test_a_page_is_whole_again_after_its_index_was_lost(filled: ReadModelHarness) -> None:
    """Given an index of another type, then what it listed is listed, before any new event."""
    incarnation = (await filled.recorded.position()).incarnation
    key = f"intents:{incarnation}:completed:alpha"
    await put(filled, key, "string")
    where = {"state": "completed", "strategy_id": "alpha"}
    assert len((await filled.reader.page(INTENT, where)).items) == len(DONE)
    scrubber = Scrubber(filled.recorded, filled.redis)
    assert key in [name for _ in range(20) for name in await scrubber.step()]
    assert len((await filled.reader.page(INTENT, where)).items) == len(DONE)
    await filled.projector.catch_up()
    assert await filled.redis.zcard(key) == len(DONE)


@pytest.mark.parametrize("kind", TYPES)
async def test_a_hint_of_another_type_is_claimed(filled: ReadModelHarness, kind: str) -> None:
    hints = Hints(filled.redis)
    events = [Fingerprint(one.completed()[0].event_id, bytes(32)) for one in (DONE[0], NEXT)]
    await put(filled, f"seen:i:{events[0].event_id}", kind)
    assert await hints.claim("i", events, 1) == set()
    await put(filled, f"seen:i:{events[1].event_id}", kind)
    await hints.mark_done("i", events)
    assert await hints.claim("i", events, 1) == {0, 1}


async def test_a_rebuild_key_that_is_no_rebuilds_ends(
    filled: ReadModelHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a key without an end, which no rebuild sets: it ends, and a rebuild begins."""
    monkeypatch.setattr("tradewind.readmodels.rebuild.rebuild_store.HOLD_MS", 300)
    await filled.redis.set(REBUILD_KEY, "oops")
    await Scrubber(filled.recorded, filled.redis).step()

    async def is_gone() -> bool:
        return not await filled.redis.exists(REBUILD_KEY)

    await wait_until(is_gone)
    await filled.redis.set(REBUILD_KEY, "oops")
    with pytest.raises(RebuildRuns):
        await RebuildStore(filled.redis).begin()
    await wait_until(is_gone)
    await put(filled, REBUILD_KEY, "hash")
    assert await RebuildStore(filled.redis).begin()


async def test_a_mark_of_another_type_is_none(filled: ReadModelHarness) -> None:
    await put(filled, MARK_KEY, "list")
    assert await filled.store.mark() is None
