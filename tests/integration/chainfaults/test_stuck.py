"""Transactions that stay unmined: dropped, underpriced, cancelled, or of a stopped process."""

import asyncio
from collections import Counter

from tests.integration.chainfaults.blocks import NEVER
from tests.integration.chainfaults.conftest import StartHarness
from tests.support.paused import go_on
from tests.support.waiting import wait_until

ORDERS = 3
GWEI = 10**9
IMPATIENT = {"TRADEWIND_REPLACE_AFTER_SECONDS": "1"}


async def test_a_dropped_mempool_is_filled_again(start_harness: StartHarness) -> None:
    async with start_harness(interval_seconds=0) as harness:
        await harness.start("first", "second")
        await harness.place(ORDERS)
        await wait_until(
            lambda: harness.journal.has_transactions(2 * ORDERS, "state = 'broadcast'"),
            "all are sent",
        )
        await harness.client.command("anvil_dropAllTransactions")
        await harness.node.mine()
        harness.blocks.interval_seconds = 0.3
        await harness.ended()
        assert await harness.has_completed()


async def test_a_transaction_too_cheap_is_replaced_and_one_generation_mined(
    start_harness: StartHarness,
) -> None:
    async with start_harness(interval_seconds=0) as harness:
        await harness.start("victim", failpoints="journal.generation_added=kill", **IMPATIENT)
        await harness.place(ORDERS)
        await wait_until(
            lambda: harness.journal.has_transactions(2 * ORDERS, "state = 'broadcast'"),
            "all are sent",
        )
        base_fee = 10 * int(
            max(one["max_fee_per_gas_wei"] for one in await harness.journal.attempts())
        )
        assert base_fee < 100 * GWEI
        await harness.client.command("anvil_setNextBlockBaseFeePerGas", hex(base_fee))
        await harness.node.mine()
        assert await harness.record.mined(harness.before.block_number) == []
        await wait_until(lambda: harness.dead() == ["victim"], "it dies while it replaces")
        await harness.start("second", "third", **IMPATIENT)
        harness.blocks.interval_seconds = 0.5
        await harness.ended()

        assert await harness.has_completed()
        attempts = Counter(one["nonce"] for one in await harness.journal.attempts())
        assert max(attempts.values()) >= 2


async def test_a_transaction_no_node_takes_for_its_fees_is_offered_at_higher_ones(
    start_harness: StartHarness,
) -> None:
    async with start_harness(interval_seconds=0) as harness:
        await harness.start("first", "second")
        await harness.client.command("anvil_setNextBlockBaseFeePerGas", hex(5 * GWEI))
        await harness.place(ORDERS)
        await wait_until(harness.journal.is_underpriced, "a node refused them")
        assert await harness.journal.transactions("state <> 'signed'") == []
        await harness.node.mine()
        await wait_until(
            lambda: harness.journal.has_transactions(2 * ORDERS, "state = 'broadcast'"),
            "all are taken",
        )
        assert {one["generation"] for one in await harness.journal.attempts()} > {0}
        harness.blocks.interval_seconds = 0.3
        await harness.ended()
        assert await harness.has_completed()


async def test_what_stays_too_dear_until_its_deadline_is_cancelled(
    start_harness: StartHarness,
) -> None:
    async with start_harness(interval_seconds=0) as harness:
        await harness.start("first", "second", TRADEWIND_SWAP_DEADLINE_SECONDS="2", **IMPATIENT)
        orders = await harness.place(ORDERS)
        await wait_until(
            lambda: harness.journal.has_transactions(2 * ORDERS, "state = 'broadcast'"),
            "all are sent",
        )
        await harness.client.command("evm_increaseTime", 60)
        await harness.client.command("anvil_setNextBlockBaseFeePerGas", hex(1_000 * GWEI))
        await harness.node.mine()
        assert await harness.record.mined(harness.before.block_number) == []
        await wait_until(
            lambda: harness.journal.has_attempts(3 * ORDERS), "cancellations are signed"
        )
        await harness.client.command("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
        harness.blocks.interval_seconds = 0.3
        await harness.ended()
        assert await harness.problems() == []
        failed = await harness.payloads("exec.failed")
        assert set(failed) == {order.plan_id for order in orders}
        assert {one["proof"] for one in failed.values()} <= {"cancelled", "reverted"}


async def test_a_slot_is_cancelled_on_request(start_harness: StartHarness) -> None:
    async with start_harness(interval_seconds=0) as harness:
        await harness.start("first", "second")
        cancelled, kept = await harness.place(2)
        await wait_until(
            lambda: harness.journal.has_transactions(4, "state = 'broadcast'"), "both are sent"
        )
        (transaction,) = await harness.journal.transactions(
            f"purpose = 'swap' AND plan_id = '{cancelled.plan_id}'"
        )
        await harness.wallet("cancel", str(transaction["nonce"]))
        await wait_until(lambda: harness.journal.has_attempts(5), "the cancellation is signed")
        await asyncio.sleep(0.5)
        harness.blocks.interval_seconds = 0.3
        await harness.ended()

        assert await harness.problems() == []
        failed = (await harness.payloads("exec.failed"))[cancelled.plan_id]
        assert (failed["reason"], failed["proof"]) == ("CANCELLED", "cancelled")
        assert list(await harness.payloads("exec.completed")) == [kept.plan_id]


async def test_a_stopped_process_stalls_nobody_and_sends_nothing_when_it_wakes_up(
    start_harness: StartHarness,
) -> None:
    async with start_harness(interval_seconds=0.5) as harness:
        # It must not pull a second message: asleep, it would be sent those of the others again.
        one = {"TRADEWIND_WORKER_CONCURRENCY": "1"}
        harness.redelivered_after_seconds = NEVER
        await harness.start("sleeper", failpoints="journal.claimed=stop", **one)
        (held,) = await harness.place(1)
        await wait_until(lambda: _is_stopped(harness.workers["sleeper"].pid), "the sleeper sleeps")
        await harness.start("second", "third")
        others = await harness.place(2 * ORDERS)
        await wait_until(lambda: harness.are_completed(others), "all others are completed")
        await harness.settled_by_the_living()
        await harness.ended()
        assert await harness.problems() == []

        go_on(harness.workers["sleeper"].pid)
        await asyncio.sleep(1.5)
        assert await harness.problems() == []
        assert (await harness.topics(held))[-1] == "exec.completed"


def _is_stopped(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "T"
