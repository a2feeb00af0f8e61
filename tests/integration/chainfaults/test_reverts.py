"""Transactions that are mined without effect end as exec.failed, with the reason decoded."""

import asyncio
import time

from eth_abi.abi import encode

from tests.integration.chainfaults import market
from tests.integration.chainfaults.conftest import StartHarness
from tests.integration.chainfaults.harness import WalletHarness
from tests.support.waiting import wait_until
from tradewind.operations.embedded.devchain.blueprint import TOKENS
from tradewind.trading.chain.hexadecimal import keccak256

QUIET_SECONDS = 3
WETH_ALLOWANCES = 4
"""Where WETH9 keeps them: mapping(owner => mapping(spender => amount))."""


async def failure(harness: WalletHarness, plan_id: str) -> tuple[str, str]:
    """Return reason and proof of a failed order, after everything was held against the chain."""
    await harness.ended()
    assert await harness.problems() == []
    failed = (await harness.payloads("exec.failed"))[plan_id]
    return failed["reason"], failed["proof"]


async def test_the_price_moves_between_signing_and_mining(start_harness: StartHarness) -> None:
    async with start_harness() as harness:
        await market.prepare(harness)
        await harness.start("only")
        await harness.stop_mining()
        (order,) = await harness.place(1, trades=[market.SELL_WETH], slippage_bps=20)
        await wait_until(
            lambda: harness.journal.has_transactions(2, "state = 'broadcast'"), "it is sent"
        )
        await market.sell_weth(harness, 100 * 10**18)
        await harness.node.mine()
        assert await failure(harness, order.plan_id) == ("TOO_LITTLE_RECEIVED", "reverted")


async def test_the_deadline_passes_before_it_is_mined(start_harness: StartHarness) -> None:
    async with start_harness(interval_seconds=0) as harness:
        await harness.start("only")
        (order,) = await harness.place(1)
        await wait_until(
            lambda: harness.journal.has_transactions(2, "state = 'broadcast'"), "it is sent"
        )
        await harness.client.command("evm_increaseTime", 3_600)
        await harness.node.mine()
        assert await failure(harness, order.plan_id) == ("TRANSACTION_TOO_OLD", "reverted")


async def test_a_chain_that_was_quiet_for_longer_than_the_deadline_is_no_failure(
    start_harness: StartHarness,
) -> None:
    async with start_harness() as harness:
        await harness.start("only", TRADEWIND_SWAP_DEADLINE_SECONDS=str(QUIET_SECONDS))
        newest = await harness.record.ask("eth_getBlockByNumber", "latest", False)
        until_old = int(newest["timestamp"], 16) + QUIET_SECONDS - time.time()
        await asyncio.sleep(max(0, until_old + 1))
        await harness.place(1)
        await harness.ended()
        assert await harness.has_completed()


async def test_the_allowance_is_gone_before_it_is_mined(start_harness: StartHarness) -> None:
    async with start_harness() as harness:
        await harness.start("only", TRADEWIND_APPROVAL="capped")
        await harness.place(1, trades=[market.SELL_WETH])
        await harness.ended()
        await harness.stop_mining()
        (order,) = await harness.place(1, trades=[market.SELL_WETH])
        await wait_until(
            lambda: harness.journal.has_transactions(1, "state = 'broadcast'"), "it is sent"
        )
        await forget_allowance(harness)
        await harness.node.mine()
        assert await failure(harness, order.plan_id) == ("TRANSFER_FAILED", "reverted")

        harness.blocks.interval_seconds = 0.2
        (later,) = await harness.place(1, trades=[market.SELL_WETH])
        await harness.ended()
        assert (await harness.topics(later))[-1] == "exec.completed"


async def forget_allowance(harness: WalletHarness) -> None:
    """Take back what the router may take of the wallet's WETH, without a transaction."""
    router = harness.chain.deployment.contracts.swap_router
    owner = keccak256(encode(["address", "uint256"], [harness.canary.address, WETH_ALLOWANCES]))
    place = keccak256(encode(["address", "bytes32"], [router, owner]))
    await harness.client.command(
        "anvil_setStorageAt", TOKENS["WETH"].address, "0x" + place.hex(), "0x" + "00" * 32
    )
