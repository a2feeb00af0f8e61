"""How keys are kept up to date: soon, in one question for all who wait, and not for ever."""

import asyncio

import pytest

from gateway.authentication import key_ring
from gateway.authentication.key_ring import KeyRing
from gateway.errors import CannotTell
from tests.support.keys import MemoryKeys, owned_key
from tradewind.errors import TransientError
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated


async def test_all_who_wait_are_answered_by_one_question() -> None:
    keys = MemoryKeys(owned_key())
    ring = KeyRing(keys, max_age_seconds=60)
    await ring.load()
    async with repeated(0, ring.follow, Outage("keys")):
        await asyncio.gather(*(ring.renewed() for _ in range(100)))
    assert keys.reads <= 3


async def test_what_is_asked_while_the_store_answers_is_asked_again() -> None:
    """The answer that is on its way was read before: it does not have what was added since."""
    keys, new = MemoryKeys(), owned_key()
    ring = KeyRing(keys, max_age_seconds=60)
    begun, go_on = asyncio.Event(), asyncio.Event()
    answer = keys.snapshot

    async def slow(known: object) -> object:
        found = await answer(None)
        begun.set()
        await go_on.wait()
        return found

    await ring.load()
    keys.snapshot = slow  # type: ignore[method-assign, assignment]
    async with repeated(0, ring.follow, Outage("keys")):
        first = asyncio.ensure_future(ring.renewed())
        await begun.wait()
        keys.change(new.key)
        second = asyncio.ensure_future(ring.renewed())
        await asyncio.sleep(0)
        go_on.set()
        assert new.key_id not in (await first).keys
        assert new.key_id in (await second).keys


async def test_a_store_that_does_not_answer_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(key_ring, "RENEWAL_SECONDS", 0.01)
    owned = owned_key()
    ring = KeyRing(MemoryKeys(owned), max_age_seconds=60)
    known = await ring.load()
    assert await ring.renewed() is known  # no loop runs


async def test_keys_are_believed_for_so_long() -> None:
    keys, clock = MemoryKeys(owned_key()), [0.0]
    ring = KeyRing(keys, max_age_seconds=60, clock=lambda: clock[0])
    with pytest.raises(CannotTell):
        _ = ring.snapshot
    await ring.load()
    keys.error = TransientError("away")
    clock[0] = 60.0
    assert ring.snapshot.keys
    with pytest.raises(TransientError):
        await ring.load()
    clock[0] = 60.1
    assert ring.is_stale
    with pytest.raises(CannotTell):
        _ = ring.snapshot


async def test_a_loop_asks_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_ring, "REFRESH_SECONDS", 0.001)
    keys, refreshed = MemoryKeys(), asyncio.Event()
    ring = KeyRing(keys, max_age_seconds=60, on_refresh=refreshed.set)
    async with repeated(0, ring.follow, Outage("keys")):
        await asyncio.wait_for(refreshed.wait(), 20)
    assert keys.reads >= 1
