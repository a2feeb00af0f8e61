"""No misbehaviour of a node makes a swap happen twice, and work goes on once it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from tests.integration.chainfaults.conftest import StartHarness
from tests.integration.chainfaults.harness import WalletHarness
from tests.support.rpc_faults import FAULTS
from tests.support.rpc_proxy import SEND, Misbehaviour, RpcProxy, rpc_proxy
from tests.support.settlement.platform_record import read_histories
from tests.support.waiting import wait_until

ORDERS = 2


@asynccontextmanager
async def behind_a_proxy(
    start_harness: StartHarness, *wrong: Misbehaviour, **options: Any
) -> AsyncIterator[tuple[WalletHarness, RpcProxy]]:
    """Run two orchestrators that reach the chain through a proxy only."""
    async with start_harness(**options) as harness, rpc_proxy(harness.chain.rpc_url) as proxy:
        proxy.misbehave(*wrong)
        harness.environment |= {"ETH_RPC_URL": proxy.url, "TRADEWIND_RPC_TIMEOUT_SECONDS": "0.3"}
        await harness.start("first", "second")
        yield harness, proxy
        await harness.stop()


async def all_complete(harness: WalletHarness) -> None:
    """Check that every order was executed once and recorded as completed."""
    await harness.ended()
    assert await harness.has_completed()


async def test_transactions_are_taken_and_the_answers_are_lost(start_harness: StartHarness) -> None:
    async with behind_a_proxy(start_harness) as (harness, proxy):
        for way in ("sent and cut", "sent and HTTP 502", "sent and timed out"):
            proxy.misbehave(FAULTS[way])
            await harness.place(ORDERS)
            await all_complete(harness)
        assert proxy.counts["unanswered"] >= 3 * ORDERS


async def test_transactions_are_acknowledged_and_dropped(start_harness: StartHarness) -> None:
    async with behind_a_proxy(start_harness) as (harness, proxy):
        proxy.misbehave(FAULTS["transactions dropped"])
        await harness.place(ORDERS)
        # approvals and swaps, each more than once
        await wait_until(lambda: proxy.counts[SEND] >= 3 * ORDERS, "they are sent again")
        assert await harness.record.mined(harness.before.block_number) == []
        proxy.behave()
        await all_complete(harness)


async def test_receipts_are_hidden_and_hashes_wrong(start_harness: StartHarness) -> None:
    async with behind_a_proxy(start_harness) as (harness, proxy):
        proxy.misbehave(FAULTS["receipts hidden"], FAULTS["wrong transaction hash"])
        await harness.place(ORDERS)
        await wait_until(lambda: harness.has_mined(2 * ORDERS), "all of them are mined")
        await asyncio.sleep(0.5)
        assert await harness.journal.transactions("settled_at IS NOT NULL") == []
        proxy.behave()
        await all_complete(harness)


async def test_requests_are_refused_with_429(start_harness: StartHarness) -> None:
    async with behind_a_proxy(start_harness) as (harness, proxy):
        proxy.misbehave(FAULTS["HTTP 429"])
        await harness.place(ORDERS)
        await wait_until(lambda: proxy.counts["refused"] >= 2 * ORDERS, "they ask")
        assert await harness.record.mined(harness.before.block_number) == []
        proxy.misbehave(FAULTS["HTTP 429 at every second request"])
        await all_complete(harness)


async def test_a_slow_node_with_an_old_head(start_harness: StartHarness) -> None:
    async with behind_a_proxy(start_harness, interval_seconds=0.2) as (harness, proxy):
        proxy.misbehave(FAULTS["slow"], FAULTS["3 blocks behind"])
        await harness.place(ORDERS)
        await all_complete(harness)


async def test_a_count_that_is_too_low_changes_nothing(start_harness: StartHarness) -> None:
    async with behind_a_proxy(start_harness) as (harness, proxy):
        await harness.place(1)
        await all_complete(harness)
        proxy.misbehave(FAULTS["count 2 too low"])
        await harness.place(ORDERS)
        await all_complete(harness)


async def test_a_count_that_is_too_high_halts_the_wallet_until_somebody_looked(
    start_harness: StartHarness,
) -> None:
    async with behind_a_proxy(start_harness) as (harness, proxy):
        await harness.place(1)
        await all_complete(harness)
        proxy.misbehave(FAULTS["count 3 too high"])
        await wait_until(harness.journal.is_halted, "the wallet is halted")
        await harness.place(ORDERS)
        await asyncio.sleep(1)
        proxy.behave()
        await harness.wallet("resume", "--yes")
        await all_complete(harness)


async def test_a_node_of_another_chain_ends_the_start_and_beside_the_right_one_is_not_used(
    start_harness: StartHarness,
) -> None:
    async with start_harness() as harness, rpc_proxy(harness.chain.rpc_url) as proxy:
        proxy.misbehave(FAULTS["wrong chain"])
        harness.launch("lost", ETH_RPC_URL=proxy.url)
        lost = harness.workers.pop("lost")
        await wait_until(lambda: lost.poll() is not None, "the process ends")
        assert lost.poll() == 2
        log = (harness.directory / "lost.log").read_text()
        assert "CHAIN_ID is 31337, but ETH_RPC_URL leads to chain 31338" in log
        harness.environment["ETH_RPC_URL"] = f"{proxy.url},{harness.chain.rpc_url}"
        await harness.start("first")
        await harness.place(ORDERS)
        await all_complete(harness)
        assert proxy.counts[SEND] == 0
        await harness.stop()


async def test_an_order_that_waits_until_it_expires_says_in_its_history_for_what(
    start_harness: StartHarness,
) -> None:
    async with behind_a_proxy(start_harness, FAULTS["base fee 900 gwei"]) as (harness, _):
        (order,) = await harness.place(1, window=timedelta(seconds=5))
        await harness.ended()
        histories = await read_histories(harness.dsn, [order.correlation_id])
        last = histories[order.correlation_id][-1]
        assert last["topic"] == "intent.expired"
        assert "TRADEWIND_MAX_FEE_PER_GAS_WEI allows" in last["payload"]["detail"]
