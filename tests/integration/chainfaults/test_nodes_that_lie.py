"""What a node or its load balancer does wrong sends nothing twice, and ends with the fault."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.integration.chainfaults.conftest import StartDrill
from tests.integration.chainfaults.drill import Drill, until
from tests.integration.chainfaults.rpc_proxy import SEND, Misbehaviour, RpcProxy, rpc_proxy

ORDERS = 2


@asynccontextmanager
async def behind_a_proxy(
    start_drill: StartDrill, *, wrong: Misbehaviour | None = None, **options: Any
) -> AsyncIterator[tuple[Drill, RpcProxy]]:
    """Run two orchestrators that know the chain through a proxy only."""
    async with start_drill(**options) as drill, rpc_proxy(drill.chain.rpc_url) as proxy:
        proxy.wrong = wrong or Misbehaviour()
        drill.environment |= {"ETH_RPC_URL": proxy.url, "TRADEWIND_RPC_TIMEOUT_SECONDS": "0.3"}
        await drill.start("first", "second")
        yield drill, proxy
        await drill.stop()


async def all_complete(drill: Drill) -> None:
    """Every order of the drill was executed once and told so."""
    await drill.ended()
    assert await drill.has_completed()


async def test_transactions_are_taken_and_the_answers_are_lost(start_drill: StartDrill) -> None:
    async with behind_a_proxy(start_drill) as (drill, proxy):
        for way in ("cut", "server_error", "time_out"):
            proxy.wrong = Misbehaviour(after_sending=way)
            await drill.place(ORDERS)
            await all_complete(drill)
        assert proxy.counts["unanswered"] >= 3 * ORDERS


async def test_transactions_are_acknowledged_and_dropped(start_drill: StartDrill) -> None:
    async with behind_a_proxy(start_drill) as (drill, proxy):
        proxy.wrong = Misbehaviour(drops_transactions=True)
        await drill.place(ORDERS)
        # approvals and swaps, each more than once
        await until(lambda: proxy.counts[SEND] >= 3 * ORDERS, "they are sent again")
        assert await drill.record.mined(drill.before.block_number) == []
        proxy.wrong = Misbehaviour()
        await all_complete(drill)


async def test_receipts_are_hidden_and_hashes_wrong(start_drill: StartDrill) -> None:
    async with behind_a_proxy(start_drill) as (drill, proxy):
        proxy.wrong = Misbehaviour(hides_receipts=True, answers_wrong_hash=True)
        await drill.place(ORDERS)
        await until(lambda: drill.has_mined(2 * ORDERS), "all of them are mined")
        await asyncio.sleep(0.5)
        assert await drill.slots("settled_at IS NOT NULL") == []
        proxy.wrong = Misbehaviour()
        await all_complete(drill)


async def test_requests_are_refused_with_429(start_drill: StartDrill) -> None:
    async with behind_a_proxy(start_drill) as (drill, proxy):
        proxy.wrong = Misbehaviour(refuse_every=1)
        await drill.place(ORDERS)
        await until(lambda: proxy.counts["refused"] >= 2 * ORDERS, "they ask")
        assert await drill.record.mined(drill.before.block_number) == []
        proxy.wrong = Misbehaviour(refuse_every=2)
        await all_complete(drill)


async def test_a_slow_node_with_an_old_head(start_drill: StartDrill) -> None:
    async with behind_a_proxy(start_drill, interval_seconds=0.2) as (drill, proxy):
        proxy.wrong = Misbehaviour(delay_seconds=0.05, blocks_behind=3)
        await drill.place(ORDERS)
        await all_complete(drill)


async def test_a_count_that_is_too_low_changes_nothing(start_drill: StartDrill) -> None:
    async with behind_a_proxy(start_drill) as (drill, proxy):
        await drill.place(1)
        await all_complete(drill)
        proxy.wrong = Misbehaviour(nonce_shift=-2)
        await drill.place(ORDERS)
        await all_complete(drill)


async def test_a_count_that_is_too_high_halts_the_wallet_until_somebody_looked(
    start_drill: StartDrill,
) -> None:
    async with behind_a_proxy(start_drill) as (drill, proxy):
        await drill.place(1)
        await all_complete(drill)
        proxy.wrong = Misbehaviour(nonce_shift=3)
        await until(drill.is_halted, "the wallet is halted")
        await drill.place(ORDERS)
        await asyncio.sleep(1)
        proxy.wrong = Misbehaviour()
        await drill.wallet("resume", "--yes")
        await all_complete(drill)
