"""The watcher of a wallet on a real chain: exclusive, and alive after whatever goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from actors.venues.contract import Receipt
from actors.venues.uniswap_v3 import (
    chain_reader,
    settlement,
    transaction_manager,
    watch_lease,
)
from actors.venues.uniswap_v3.watch_lease import WatchLease, watching
from tests.integration.devchain.test_venue import ChainHarness, harness, open_harness
from tests.support.venue_contract import submit
from tests.support.waiting import wait_until
from tradewind.errors import NotYet
from tradewind.trading.wallet.records import Attempt
from tradewind.trading.wallet.watch_journal import WatchJournal

__all__ = ["harness", "open_harness"]

ORDERS = 4


def lease_of(venue: Any) -> WatchLease:
    """Return the lease of a venue's process."""
    return WatchLease(WatchJournal.beside(venue._journal), venue._parts.manager)


@asynccontextmanager
async def watched(harness: ChainHarness) -> AsyncIterator[None]:
    """Watch the wallet for as long as the block runs."""
    lease = lease_of(harness.venue)
    async with watching(lease):
        await wait_until(lambda: lease.is_held, "the wallet is watched")
        yield


async def is_settled(harness: ChainHarness, tx_hash: str) -> bool:
    """Return whether the journal has the outcome; nobody asks the chain for it."""
    try:
        return isinstance(await harness.another.wait_receipt(tx_hash), Receipt)
    except NotYet:
        return False


async def test_passes_of_a_process_never_overlap(
    harness: ChainHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given many that ask for a pass at once, then one looks at the chain at a time."""
    looking, most = 0, 0
    read_head = chain_reader.read_head

    async def counted(*arguments: Any) -> Any:
        nonlocal looking, most
        looking += 1
        most = max(most, looking)
        await asyncio.sleep(0.01)
        seen = await read_head(*arguments)
        looking -= 1
        return seen

    monkeypatch.setattr(transaction_manager, "read_head", counted)
    manager = harness.venue._parts.manager
    hashes = [await submit(harness.venue, harness.order(number)) for number in range(ORDERS)]
    await asyncio.gather(*(manager.check_now() for _ in range(5)), manager.watch())
    assert most == 1
    assert all([await is_settled(harness, one) for one in hashes])


async def test_a_loop_goes_on_after_an_exception_nobody_expected(
    harness: ChainHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given exceptions in every part of a pass, then the wallet is watched all the same."""
    manager = harness.venue._parts.manager
    planted = [
        (transaction_manager, "read_head"),
        (transaction_manager, "read_details"),
        (manager._watch, "due_transactions"),
        (manager._late, "check"),
        (manager._nonces, "check"),
        (WatchJournal, "hold_watch"),
    ]
    async with watched(harness):
        for number, (where, name) in enumerate(planted):
            failures: list[KeyError] = []

            async def fail(*_: Any, into: list[KeyError] = failures, **__: Any) -> Any:
                into.append(KeyError(7))
                raise into[-1]

            with monkeypatch.context() as patch:
                patch.setattr(where, name, fail)
                await wait_until(lambda found=failures: found, f"{name} failed")
            tx_hash = await submit(harness.venue, harness.order(number))
            await wait_until(lambda of=tx_hash: is_settled(harness, of), f"after {name}")


async def test_an_outcome_nobody_can_read_keeps_back_no_other(
    harness: ChainHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = [await submit(harness.venue, harness.order(number)) for number in range(3)]
    settlement_of = settlement.settlement_of

    async def unreadable(*arguments: Any, **options: Any) -> Any:
        attempts = [one for one in arguments if isinstance(one, Attempt)]
        if attempts[0].tx_hash == hashes[0]:
            raise KeyError("gasUsed")
        return await settlement_of(*arguments, **options)

    async def others_are_settled() -> bool:
        # The node may mine the last of them only after the pass has asked for its head.
        await harness.venue._parts.manager.check_now()
        return all([await is_settled(harness, one) for one in hashes[1:]])

    with monkeypatch.context() as patch:
        patch.setattr(transaction_manager, "settlement_of", unreadable)
        await wait_until(others_are_settled, "the others are settled")
        assert not await is_settled(harness, hashes[0])
    await harness.venue._parts.manager.check_now()
    assert await is_settled(harness, hashes[0])


async def test_one_process_watches_and_another_takes_over(
    harness: ChainHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given two processes, when the one that watches stops, then the other does within a lease."""
    monkeypatch.setattr(watch_lease, "LEASE_SECONDS", 0.5)
    first, second = lease_of(harness.venue), lease_of(harness.another)
    assert await first.renew()
    assert not await second.renew()
    await first.release()
    assert await second.renew()
    assert not await first.renew()
    assert (first.is_held, second.is_held) == (False, True)
    # Nobody renews: a stopped process loses its turn.
    await wait_until(first.renew, "the lease has lapsed")
    assert not second.is_held


async def test_a_process_is_ready_once_the_one_that_watches_looked(harness: ChainHarness) -> None:
    async with watched(harness):
        second = lease_of(harness.another)
        await second.first_pass()
        assert not second.is_held
        assert harness.venue._parts.manager.looked_at is not None
