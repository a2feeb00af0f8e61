"""Intents that are cancelled: never both cancelled and executed, one end for each."""

import asyncio
from collections import Counter
from typing import Final

from tests.integration.chainfaults.conftest import StartHarness
from tests.integration.chainfaults.harness import WalletHarness
from tests.support.settlement.audit import Order
from tests.support.waiting import wait_until
from tradewind.trading.wallet import transaction_journal

ORDERS: Final = 3
INTERVAL_SECONDS: Final = 0.5
ENDS: Final = ("exec.completed", "intent.cancelled")
KILLING: Final = (
    transaction_journal.CANCEL_REQUESTED,
    transaction_journal.CLAIMED,
    transaction_journal.ATTEMPT_ADDED,
    transaction_journal.CLAIMING,
)
NOTED: Final = """
SELECT count(*) FROM events WHERE topic = 'intent.cancel_noted'
"""


async def ends(harness: WalletHarness) -> dict[str, str]:
    """Return by plan how its history ended; AssertionError names a violation."""
    assert await harness.problems() == []
    return {order.plan_id: (await harness.topics(order))[-1] for order in harness.orders}


async def is_sent(harness: WalletHarness, how_many: int) -> None:
    await wait_until(
        lambda: harness.journal.has_transactions(
            how_many, "purpose = 'swap' AND state = 'broadcast'"
        ),
        "all are sent",
    )


async def test_what_waits_for_a_block_is_cancelled_at_its_nonce(
    start_harness: StartHarness,
) -> None:
    """Given no block meanwhile, then the transfer of nothing is sent before the next one."""
    async with start_harness(interval_seconds=0) as harness:
        await harness.start("first", "second")
        cancelled, *kept = await harness.place(ORDERS)
        await is_sent(harness, ORDERS)
        attempts = len(await harness.journal.attempts())
        await asyncio.gather(*(harness.cancel(cancelled, asks=f"key-{one}") for one in range(3)))
        await wait_until(
            lambda: harness.journal.has_attempts(attempts + 1), "the cancellation is signed"
        )
        (slot,) = await harness.journal.transactions("cancellation_id IS NOT NULL")
        harness.blocks.interval_seconds = 0.3
        await harness.ended()

        told = await ends(harness)
        assert told == {cancelled.plan_id: "intent.cancelled"} | {
            order.plan_id: "exec.completed" for order in kept
        }
        payload = (await harness.payloads("intent.cancelled"))[cancelled.plan_id]
        assert payload["proof"] == "cancelled"
        assert payload["requestedBy"].startswith("key-")
        assert payload["cancellationId"] == slot["cancellation_id"]
        assert payload["gasUsed"] == 21_000
        assert int(payload["feeWei"]) > 0
        assert len(await harness.journal.attempts()) == attempts + 1


async def test_what_is_not_signed_yet_never_is(start_harness: StartHarness) -> None:
    """Given requests that came before anybody signed, then only their rows have to be kept."""
    async with start_harness() as harness:
        cancelled, unheard, kept = await harness.place(ORDERS)
        await harness.cancel(cancelled)
        await harness.cancel(unheard, is_heard=False)
        await harness.start("first", "second")
        await harness.ended()
        assert await ends(harness) == {
            cancelled.plan_id: "intent.cancelled",
            unheard.plan_id: "intent.cancelled",
            kept.plan_id: "exec.completed",
        }
        swaps = await harness.journal.transactions("purpose = 'swap'")
        assert [one["plan_id"] for one in swaps] == [kept.plan_id]
        payload = (await harness.payloads("intent.cancelled"))[cancelled.plan_id]
        assert "proof" not in payload


async def test_a_halted_wallet_does_not_keep_an_intent_from_being_cancelled(
    start_harness: StartHarness,
) -> None:
    async with start_harness() as harness:
        await harness.start("first")
        await harness.journal.execute(
            "UPDATE wallets SET halted_reason = 'drill', halted_at = now()"
        )
        (order,) = await harness.place(1)
        await harness.cancel(order)
        await harness.ended()
        assert await ends(harness) == {order.plan_id: "intent.cancelled"}


async def cancelled_at_random_moments(harness: WalletHarness, orders: list[Order]) -> None:
    """Ask for every other order, each a little later after its plan than the one before it."""
    for number, order in enumerate(orders[::2]):
        await asyncio.sleep(0.02 * number)
        await harness.cancel(order)


async def test_a_request_that_comes_with_the_signature_ends_either_way(
    start_harness: StartHarness,
) -> None:
    """Given a chain that mines at once, then each is cancelled or completed, and the chain agrees.

    What nobody asked to be cancelled is completed.
    """
    async with start_harness() as harness:
        await harness.start("first", "second")
        for _ in range(2):
            orders = await harness.place(4)
            await cancelled_at_random_moments(harness, orders)
        await harness.ended()
        told = await ends(harness)
        assert set(told.values()) <= set(ENDS)
        assert {told[one.plan_id] for one in harness.orders[1::2]} == {"exec.completed"}


async def test_one_end_wherever_a_process_is_killed(start_harness: StartHarness) -> None:
    """Given processes that die while they sign, cancel and replace, then every request is noted."""
    async with start_harness(interval_seconds=INTERVAL_SECONDS) as harness:
        harness.launch("survivor")
        for failpoint in KILLING:
            harness.launch(failpoint, failpoints=f"{failpoint}=kill")
        await harness.start_is_over()
        asked = 0
        for _ in range(20):
            orders = await harness.place(4)
            await cancelled_at_random_moments(harness, orders)
            asked += len(orders[::2])
            if len(harness.dead()) == len(KILLING):
                break
        assert transaction_journal.CANCEL_REQUESTED in harness.dead()
        harness.launch(*harness.dead())
        await harness.ended()
        told = Counter((await ends(harness)).values())
        assert set(told) <= set(ENDS)
        assert told["exec.completed"] >= len(harness.orders) - asked

        async def are_noted() -> bool:
            ((noted,),) = [one.values() for one in await harness.journal.fetch(NOTED)]
            return bool(noted == asked)

        await wait_until(are_noted, "every request has its answer")
