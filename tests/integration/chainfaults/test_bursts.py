"""Many orders at once: the wallet is watched as before, and nothing is taken for a reorg."""

import asyncio
import json

from tests.integration.chainfaults.conftest import StartHarness
from tests.integration.chainfaults.harness import WalletHarness
from tests.integration.chainfaults.test_foreign_nonce import send_from_outside
from tests.support.rpc_faults import FAULTS
from tests.support.rpc_proxy import COUNT, RpcProxy, rpc_proxy
from tests.support.waiting import wait_until
from tradewind.contracts.roles import ORCHESTRATOR_WORKERS
from tradewind.contracts.streams import EVENTS_STREAM

BURSTS = 3
ORDERS = 20
LOOKS = 20
FALSE_ALARMS = ("reorg", "left the chain", "unexpected error", "could not be handled")


def warnings(harness: WalletHarness) -> list[str]:
    """Return the log lines of all orchestrators that tell of trouble there was not."""
    logs = [log.read_text() for log in harness.directory.glob("*.log")]
    lines = [line for text in logs for line in text.splitlines()]
    return [line for line in lines if any(word in line for word in FALSE_ALARMS)]


async def is_watched(proxy: RpcProxy) -> None:
    """Wait until the wallet was looked after so many times more."""
    before = proxy.counts[COUNT]
    await wait_until(lambda: proxy.counts[COUNT] >= before + LOOKS, "the wallet is watched")


async def test_the_watcher_outlives_bursts_and_takes_none_for_a_reorg(
    start_harness: StartHarness,
) -> None:
    """Given three bursts of twenty orders, then all complete, and a stranger is still noticed."""
    async with start_harness() as harness, rpc_proxy(harness.chain.rpc_url) as proxy:
        harness.environment |= {"ETH_RPC_URL": proxy.url, "TRADEWIND_RPC_TIMEOUT_SECONDS": "5"}
        await harness.start("first", "second", TRADEWIND_MAX_OPEN_SLOTS="256")
        await is_watched(proxy)
        for _ in range(BURSTS):
            # A slow node makes what a pass reads older than what it finds settled.
            proxy.misbehave(FAULTS["slow"])
            await asyncio.gather(*(harness.place(1) for _ in range(ORDERS)))
            await harness.ended()
            proxy.behave()
            await is_watched(proxy)
        assert await harness.has_completed()
        assert warnings(harness) == []

        foreign = await send_from_outside(harness, (await harness.record.balances([])).nonce)
        await wait_until(harness.journal.is_halted, "the wallet is halted")
        await harness.wallet("resume", "--yes")
        assert await harness.problems([foreign]) == []
        await harness.stop()


async def test_a_step_that_waits_asks_nobody_anything(start_harness: StartHarness) -> None:
    """Given orders that wait for a block, then their messages are done and no node is asked."""
    async with (
        start_harness(interval_seconds=0) as harness,
        rpc_proxy(harness.chain.rpc_url) as proxy,
    ):
        harness.environment["ETH_RPC_URL"] = proxy.url
        await harness.start("only")
        await harness.place(ORDERS)
        await wait_until(
            lambda: harness.journal.has_followed(ORDERS), "all are followed", seconds=120
        )
        await wait_until(lambda: _unacknowledged(harness), "their messages are acknowledged")
        asked = proxy.counts["eth_getTransactionReceipt"]
        await is_watched(proxy)
        # The lowest one is looked at, not each of them.
        passes = proxy.counts[COUNT]
        assert proxy.counts["eth_getTransactionReceipt"] - asked < ORDERS < passes
        harness.blocks.interval_seconds = 0.2
        await harness.ended()
        assert await harness.has_completed()
        assert not await harness.journal.has_followed(1)
        await harness.stop()


async def _unacknowledged(harness: WalletHarness) -> bool:
    consumer = await harness.connection.jetstream.consumer_info(
        EVENTS_STREAM, ORCHESTRATOR_WORKERS.durable
    )
    return bool(consumer.num_ack_pending == 0)


async def test_a_node_that_counted_too_high_at_first_sight(start_harness: StartHarness) -> None:
    """Given nonces that start too high, then it is said, and an operator can have them filled."""
    async with start_harness() as harness, rpc_proxy(harness.chain.rpc_url) as proxy:
        harness.environment["ETH_RPC_URL"] = proxy.url
        proxy.misbehave(FAULTS["count 2 too high"])
        await harness.start("only", TRADEWIND_FOREIGN_GRACE_SECONDS="600")
        await harness.place(2)
        await wait_until(
            lambda: harness.journal.has_transactions(4, "state = 'broadcast'"), "they are sent"
        )
        await harness.stop()
        proxy.behave()
        await harness.start("only")
        await wait_until(harness.journal.is_halted, "the wallet is halted")
        (later,) = await harness.place(1)
        status = json.loads(await harness.wallet("status", "--json"))
        assert "tradewind wallet fill" in status["halted_reason"]
        assert await harness.record.mined(harness.before.block_number) == []
        assert (await harness.topics(later))[-1] == "plan.created"

        assert "misses 2 nonces" in await harness.wallet("fill", "--yes")
        await harness.ended()
        assert await harness.problems() == []
        assert len(await harness.payloads("exec.completed")) == 3
        assert not await harness.journal.is_halted()
        assert "misses no nonce" in await harness.wallet("fill", "--yes")
        await harness.stop()


async def test_nonces_begin_at_the_chains_count_while_nothing_was_signed(
    start_harness: StartHarness,
) -> None:
    async with start_harness() as harness, rpc_proxy(harness.chain.rpc_url) as proxy:
        harness.environment["ETH_RPC_URL"] = proxy.url
        proxy.misbehave(FAULTS["count 3 too high"])
        await harness.start("only", TRADEWIND_FOREIGN_GRACE_SECONDS="600")
        await harness.stop()
        proxy.behave()
        await harness.start("only")
        await wait_until(
            lambda: harness.journal.gives_out(harness.before.nonce), "it begins at the count"
        )
        await harness.place(2)
        await harness.ended()
        assert await harness.has_completed()
        assert not await harness.journal.is_halted()
        await harness.stop()
