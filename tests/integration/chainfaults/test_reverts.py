"""Transactions that are mined without effect end as exec.failed, with the reason decoded."""

import asyncio
import time

from eth_abi.abi import encode

from tests.integration.chainfaults import market
from tests.integration.chainfaults.conftest import StartDrill
from tests.integration.chainfaults.drill import Drill, until
from tradewind.operations.embedded.devchain.blueprint import TOKENS
from tradewind.trading.chain.hexadecimal import keccak256

QUIET_SECONDS = 3
WETH_ALLOWANCES = 4
"""Where WETH9 keeps them: mapping(owner => mapping(spender => amount))."""


async def failure(drill: Drill, plan_id: str) -> tuple[str, str]:
    """Return reason and proof of a failed order, after everything was held against the chain."""
    await drill.ended()
    assert await drill.problems() == []
    failed = (await drill.payloads("exec.failed"))[plan_id]
    return failed["reason"], failed["proof"]


async def test_the_price_moves_between_signing_and_mining(start_drill: StartDrill) -> None:
    async with start_drill() as drill:
        await market.prepare(drill)
        await drill.start("only")
        await drill.stop_mining()
        (order,) = await drill.place(1, trades=[market.SELL_WETH], slippage_bps=20)
        await until(lambda: drill.has_slots(2, "state = 'broadcast'"), "it is sent")
        await market.sell_weth(drill, 100 * 10**18)
        await drill.node.mine()
        assert await failure(drill, order.plan_id) == ("TOO_LITTLE_RECEIVED", "reverted")


async def test_the_deadline_passes_before_it_is_mined(start_drill: StartDrill) -> None:
    async with start_drill(interval_seconds=0) as drill:
        await drill.start("only")
        (order,) = await drill.place(1)
        await until(lambda: drill.has_slots(2, "state = 'broadcast'"), "it is sent")
        await drill.client.command("evm_increaseTime", 3_600)
        await drill.node.mine()
        assert await failure(drill, order.plan_id) == ("TRANSACTION_TOO_OLD", "reverted")


async def test_a_chain_that_was_quiet_for_longer_than_the_deadline_is_no_failure(
    start_drill: StartDrill,
) -> None:
    async with start_drill() as drill:
        await drill.start("only", TRADEWIND_SWAP_DEADLINE_SECONDS=str(QUIET_SECONDS))
        newest = await drill.record.ask("eth_getBlockByNumber", "latest", False)
        until_old = int(newest["timestamp"], 16) + QUIET_SECONDS - time.time()
        await asyncio.sleep(max(0, until_old + 1))
        await drill.place(1)
        await drill.ended()
        assert await drill.has_completed()


async def test_the_allowance_is_gone_before_it_is_mined(start_drill: StartDrill) -> None:
    async with start_drill() as drill:
        await drill.start("only", TRADEWIND_APPROVAL="capped")
        await drill.place(1, trades=[market.SELL_WETH])
        await drill.ended()
        await drill.stop_mining()
        (order,) = await drill.place(1, trades=[market.SELL_WETH])
        await until(lambda: drill.has_slots(1, "state = 'broadcast'"), "it is sent")
        await forget_allowance(drill)
        await drill.node.mine()
        assert await failure(drill, order.plan_id) == ("TRANSFER_FAILED", "reverted")

        drill.blocks.interval_seconds = 0.2
        (later,) = await drill.place(1, trades=[market.SELL_WETH])
        await drill.ended()
        assert (await drill.topics(later))[-1] == "exec.completed"


async def forget_allowance(drill: Drill) -> None:
    """Take back what the router may take of the wallet's WETH, without a transaction."""
    router = drill.chain.deployment.contracts.swap_router
    owner = keccak256(encode(["address", "uint256"], [drill.canary.address, WETH_ALLOWANCES]))
    place = keccak256(encode(["address", "bytes32"], [router, owner]))
    await drill.client.command(
        "anvil_setStorageAt", TOKENS["WETH"].address, "0x" + place.hex(), "0x" + "00" * 32
    )
