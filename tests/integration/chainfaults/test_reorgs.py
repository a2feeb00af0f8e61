"""Three blocks leave the chain: told where the step was not settled, and nothing is sent twice."""

import pytest

from tests.integration.chainfaults import market
from tests.integration.chainfaults.conftest import StartDrill
from tests.integration.chainfaults.drill import until

DEPTH = 3
ORDERS = 3


async def test_with_four_confirmations_every_reorg_is_told_and_each_order_executed_once(
    start_drill: StartDrill,
) -> None:
    async with start_drill(interval_seconds=0) as drill:
        await drill.start("first", "second", TRADEWIND_CONFIRMATIONS="4")
        await drill.place(ORDERS)
        await until(lambda: drill.has_slots(2 * ORDERS, "state = 'broadcast'"), "all are sent")
        await drill.node.mine()
        await until(lambda: drill.has_slots(2 * ORDERS, "state = 'mined'"), "all are mined")
        await drill.node.mine(DEPTH - 1)
        assert not await drill.payloads("exec.step_filled")

        await drill.node.reorganise(DEPTH)
        await until(lambda: drill.has_slots(2 * ORDERS, "state = 'broadcast'"), "all are back")
        drill.blocks.interval_seconds = 0.2
        await drill.ended()

        evidence = await drill.evidence()
        assert drill.problems_of(evidence) == []
        assert len(await drill.payloads("exec.step_reorged")) == ORDERS
        assert len(await drill.payloads("exec.completed")) == ORDERS
        assert not [reorg for reorg in evidence.journal.reorgs if reorg["after_settlement"]]


@pytest.mark.parametrize("depth", [DEPTH])
async def test_with_one_confirmation_a_settled_step_stays_settled_and_its_bytes_go_out_again(
    depth: int, start_drill: StartDrill
) -> None:
    async with start_drill(interval_seconds=0) as drill:
        await drill.start("first", "second", TRADEWIND_CONFIRMATIONS="1")
        await drill.place(ORDERS)
        await until(lambda: drill.has_slots(2 * ORDERS, "state = 'broadcast'"), "all are sent")
        await drill.node.mine()
        await drill.ended()
        settled = {one.tx_hash for one in (await drill.evidence()).mined}
        await drill.node.mine(depth - 1)

        await drill.node.reorganise(depth)
        drill.blocks.interval_seconds = 0.2
        await until(lambda: drill.has_mined(len(settled)), "the same bytes are mined again")

        evidence = await drill.evidence()
        assert {one.tx_hash for one in evidence.mined} == settled
        assert len(await drill.payloads("exec.completed")) == ORDERS
        assert not await drill.payloads("exec.step_reorged")
        await until(lambda: drill.has_reorgs(2 * ORDERS), "the reorg is kept")
        await drill.place(1)
        await drill.ended()


async def test_a_reorg_that_changes_what_was_told_halts_the_wallet(
    start_drill: StartDrill,
) -> None:
    async with start_drill(interval_seconds=0) as drill:
        await market.prepare(drill)
        await drill.start("only")
        await drill.place(1, trades=[market.SELL_WETH])
        await until(lambda: drill.has_slots(2, "state = 'broadcast'"), "it is sent")
        await drill.node.mine()
        await drill.ended()
        told = (await drill.payloads("exec.step_filled")).popitem()[1]["amountOut"]

        await drill.client.command("anvil_setAutomine", False)
        await drill.node.reorganise(1)
        await market.sell_weth(drill, 10**18)
        drill.blocks.interval_seconds = 0.2
        await until(drill.is_halted, "the wallet is halted")

        (_, swap) = await drill.record.mined(drill.before.block_number)
        assert swap.swaps[0].amount_out != int(told)
        assert "reorg" in await drill.wallet("status")
