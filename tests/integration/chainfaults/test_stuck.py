"""Transactions nobody mines: dropped, too cheap, cancelled, or held by a stopped process."""

import asyncio
import os
import signal
from collections import Counter

from tests.integration.chainfaults.blocks import stalls
from tests.integration.chainfaults.conftest import StartDrill
from tests.integration.chainfaults.drill import until
from tests.integration.chainfaults.test_killed import MAX_STALL_BLOCKS

ORDERS = 3
GWEI = 10**9
IMPATIENT = {"TRADEWIND_REPLACE_AFTER_SECONDS": "1"}


async def test_a_dropped_mempool_is_filled_again(start_drill: StartDrill) -> None:
    async with start_drill(interval_seconds=0) as drill:
        await drill.start("first", "second")
        await drill.place(ORDERS)
        await until(lambda: drill.has_slots(2 * ORDERS, "state = 'broadcast'"), "all are sent")
        await drill.client.command("anvil_dropAllTransactions")
        await drill.node.mine()
        drill.blocks.interval_seconds = 0.3
        await drill.ended()
        assert await drill.has_completed()


async def test_a_transaction_too_cheap_is_replaced_and_one_generation_mined(
    start_drill: StartDrill,
) -> None:
    async with start_drill(interval_seconds=0) as drill:
        await drill.start("victim", failpoints="journal.generation_added=kill", **IMPATIENT)
        await drill.place(ORDERS)
        await until(lambda: drill.has_slots(2 * ORDERS, "state = 'broadcast'"), "all are sent")
        base_fee = 10 * int(max(one["max_fee_per_gas_wei"] for one in await drill.generations()))
        assert base_fee < 100 * GWEI
        await drill.client.command("anvil_setNextBlockBaseFeePerGas", hex(base_fee))
        await drill.node.mine()
        assert await drill.record.mined(drill.before.block_number) == []
        await until(lambda: drill.dead() == ["victim"], "it dies while it replaces")
        await drill.start("second", "third", **IMPATIENT)
        drill.blocks.interval_seconds = 0.5
        await drill.ended()

        assert await drill.has_completed()
        generations = Counter(one["nonce"] for one in await drill.generations())
        assert max(generations.values()) >= 2


async def test_a_transaction_no_node_takes_for_its_fees_is_offered_at_higher_ones(
    start_drill: StartDrill,
) -> None:
    async with start_drill(interval_seconds=0) as drill:
        await drill.start("first", "second")
        await drill.client.command("anvil_setNextBlockBaseFeePerGas", hex(5 * GWEI))
        await drill.place(ORDERS)
        await until(drill.is_underpriced, "a node refused them")
        assert await drill.slots("state <> 'signed'") == []
        await drill.node.mine()
        await until(lambda: drill.has_slots(2 * ORDERS, "state = 'broadcast'"), "all are taken")
        assert {one["generation"] for one in await drill.generations()} > {0}
        drill.blocks.interval_seconds = 0.3
        await drill.ended()
        assert await drill.has_completed()


async def test_what_stays_too_dear_until_its_deadline_is_cancelled(
    start_drill: StartDrill,
) -> None:
    async with start_drill(interval_seconds=0) as drill:
        await drill.start("first", "second", TRADEWIND_SWAP_DEADLINE_SECONDS="2", **IMPATIENT)
        orders = await drill.place(ORDERS)
        await until(lambda: drill.has_slots(2 * ORDERS, "state = 'broadcast'"), "all are sent")
        await drill.client.command("evm_increaseTime", 60)
        await drill.client.command("anvil_setNextBlockBaseFeePerGas", hex(1_000 * GWEI))
        await drill.node.mine()
        assert await drill.record.mined(drill.before.block_number) == []
        await until(lambda: drill.has_generations(3 * ORDERS), "cancellations are signed")
        await drill.client.command("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
        drill.blocks.interval_seconds = 0.3
        await drill.ended()
        assert await drill.problems() == []
        failed = await drill.payloads("exec.failed")
        assert set(failed) == {order.plan_id for order in orders}
        assert {one["proof"] for one in failed.values()} <= {"cancelled", "reverted"}


async def test_a_slot_is_cancelled_on_request(start_drill: StartDrill) -> None:
    async with start_drill(interval_seconds=0) as drill:
        await drill.start("first", "second")
        cancelled, kept = await drill.place(2)
        await until(lambda: drill.has_slots(4, "state = 'broadcast'"), "both are sent")
        (slot,) = await drill.slots(f"purpose = 'swap' AND plan_id = '{cancelled.plan_id}'")
        await drill.wallet("cancel", str(slot["nonce"]))
        await until(lambda: drill.has_generations(5), "the cancellation is signed")
        await asyncio.sleep(0.5)
        drill.blocks.interval_seconds = 0.3
        await drill.ended()

        assert await drill.problems() == []
        failed = (await drill.payloads("exec.failed"))[cancelled.plan_id]
        assert (failed["reason"], failed["proof"]) == ("CANCELLED", "cancelled")
        assert list(await drill.payloads("exec.completed")) == [kept.plan_id]


async def test_a_stopped_process_stalls_nobody_and_sends_nothing_when_it_wakes_up(
    start_drill: StartDrill,
) -> None:
    async with start_drill(interval_seconds=0.5) as drill:
        # It must not ask for a second message: while it sleeps, it would get the others' again.
        one = {"TRADEWIND_WORKER_CONCURRENCY": "1"}
        await drill.start("sleeper", failpoints="journal.claimed=stop", **one)
        (held,) = await drill.place(1)
        await until(lambda: _is_stopped(drill.workers["sleeper"].pid), "the sleeper sleeps")
        await drill.start("second", "third")
        await drill.place(2 * ORDERS)
        await drill.ended()
        evidence = await drill.evidence()
        assert drill.problems_of(evidence) == []
        assert max(stalls(evidence.journal, drill.blocks).values()) <= MAX_STALL_BLOCKS

        os.kill(drill.workers["sleeper"].pid, signal.SIGCONT)
        await asyncio.sleep(1.5)
        assert await drill.problems() == []
        assert (await drill.topics(held))[-1] == "exec.completed"


def _is_stopped(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "T"
