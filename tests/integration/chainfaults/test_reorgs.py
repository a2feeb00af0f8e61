"""Reorgs of three blocks are recorded before settlement, and no swap happens twice."""

import pytest

from tests.integration.chainfaults import market
from tests.integration.chainfaults.conftest import StartHarness
from tests.support.waiting import wait_until

DEPTH = 3
ORDERS = 3


async def test_with_four_confirmations_every_reorg_is_told_and_each_order_executed_once(
    start_harness: StartHarness,
) -> None:
    async with start_harness(interval_seconds=0) as harness:
        await harness.start("first", "second", TRADEWIND_CONFIRMATIONS="4")
        await harness.place(ORDERS)
        await wait_until(
            lambda: harness.journal.has_transactions(2 * ORDERS, "state = 'broadcast'"),
            "all are sent",
        )
        await harness.node.mine()
        await wait_until(
            lambda: harness.journal.has_transactions(2 * ORDERS, "state = 'mined'"), "all are mined"
        )
        await harness.node.mine(DEPTH - 1)
        assert not await harness.payloads("exec.step_filled")

        await harness.node.reorganise(DEPTH)
        await wait_until(
            lambda: harness.journal.has_transactions(2 * ORDERS, "state = 'broadcast'"),
            "all are back",
        )
        harness.blocks.interval_seconds = 0.2
        await harness.ended()

        evidence = await harness.evidence()
        assert harness.problems_of(evidence) == []
        assert len(await harness.payloads("exec.step_reorged")) == ORDERS
        assert len(await harness.payloads("exec.completed")) == ORDERS
        assert not [reorg for reorg in evidence.journal.reorgs if reorg["after_settlement"]]


@pytest.mark.parametrize("depth", [DEPTH])
async def test_with_one_confirmation_a_settled_step_stays_settled_and_its_bytes_go_out_again(
    depth: int, start_harness: StartHarness
) -> None:
    async with start_harness(interval_seconds=0) as harness:
        await harness.start("first", "second", TRADEWIND_CONFIRMATIONS="1")
        await harness.place(ORDERS)
        await wait_until(
            lambda: harness.journal.has_transactions(2 * ORDERS, "state = 'broadcast'"),
            "all are sent",
        )
        await harness.node.mine()
        await harness.ended()
        settled = {one.tx_hash for one in (await harness.evidence()).mined}
        await harness.node.mine(depth - 1)

        await harness.node.reorganise(depth)
        harness.blocks.interval_seconds = 0.2
        await wait_until(lambda: harness.has_mined(len(settled)), "the same bytes are mined again")

        evidence = await harness.evidence()
        assert {one.tx_hash for one in evidence.mined} == settled
        assert len(await harness.payloads("exec.completed")) == ORDERS
        assert not await harness.payloads("exec.step_reorged")
        await wait_until(lambda: harness.journal.has_reorgs(2 * ORDERS), "the reorg is kept")
        await harness.place(1)
        await harness.ended()


async def test_a_reorg_that_changes_what_was_told_halts_the_wallet(
    start_harness: StartHarness,
) -> None:
    async with start_harness(interval_seconds=0) as harness:
        await market.prepare(harness)
        await harness.start("only")
        await harness.place(1, trades=[market.SELL_WETH])
        await wait_until(
            lambda: harness.journal.has_transactions(2, "state = 'broadcast'"), "it is sent"
        )
        await harness.node.mine()
        await harness.ended()
        told = (await harness.payloads("exec.step_filled")).popitem()[1]["amountOut"]

        await harness.client.command("anvil_setAutomine", False)
        await harness.node.reorganise(1)
        await market.sell_weth(harness, 10**18)
        harness.blocks.interval_seconds = 0.2
        await wait_until(harness.journal.is_halted, "the wallet is halted")

        (_, swap) = await harness.record.mined(harness.before.block_number)
        assert swap.swaps[0].amount_out != int(told)
        assert "reorg" in await harness.wallet("status")
