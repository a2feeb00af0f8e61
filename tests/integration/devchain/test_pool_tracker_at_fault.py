"""Pools are followed through nodes that refuse, lag or answer nonsense."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import SecretStr

from actors.market.pool_tracker import RELOAD_AFTER_SECONDS, PoolTracker, PoolUpdate
from tests.integration.devchain import market
from tests.support.rpc_faults import FAULTS
from tests.support.rpc_proxy import Call, Misbehaviour, Reply, RpcProxy, rpc_proxy
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.trading.chain.contract_interface import Function
from tradewind.trading.chain.errors import RpcUnavailable
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.settings import ChainSettings

CREATE_POOL = Function("createPool", ("address", "address", "uint24"), ("address",))
INITIALIZE = Function("initialize", ("uint160",))
TOKENS = ("LINK", "WETH")
NEW_FEE_PIPS = 500
"""The dev chain has no pool of these tokens with this fee."""
BLOCKS = 20


@dataclass
class Follower:
    """A tracker whose clock the test moves, behind a proxy."""

    client: RpcClient
    chain: DevChain
    proxy: RpcProxy
    tracker: PoolTracker
    clock: list[float] = field(default_factory=lambda: [0.0])

    async def advance(self) -> PoolUpdate:
        update = await self.tracker.advance()
        assert update is not None
        return update

    async def is_right(self, update: PoolUpdate) -> bool:
        """Return whether an update is what an honest node says of the same pools."""
        pools = self.tracker._pools
        lens = self.chain.deployment.contracts.tick_lens
        there = await market.load_pools(self.client, lens, pools)
        wanted = {one.pool: one for one in there if one.sqrt_price_x96}
        return {one.pool: one for one in update.snapshots} == wanted


@pytest.fixture
async def follower(client: RpcClient, dev_chain: DevChain) -> AsyncIterator[Follower]:
    """Yield a tracker that knows the pools of two tokens already."""
    settings = ChainSettings(
        TRADEWIND_ETH_RPC_URL=SecretStr(dev_chain.rpc_url),
        TRADEWIND_CHAIN_ID=dev_chain.deployment.chain_id,
    )
    tokens = [dev_chain.deployment.token(symbol).asset for symbol in TOKENS]
    clock = [0.0]
    async with (
        rpc_proxy(dev_chain.rpc_url) as proxy,
        RpcClient([proxy.url], timeout_seconds=2.0, chain_id=settings.chain_id) as behind,
    ):
        tracker = PoolTracker(behind, settings, tokens, now=lambda: clock[0])
        await tracker.advance()
        yield Follower(client, dev_chain, proxy, tracker, clock)


@pytest.fixture
async def trade(node: DevelopmentNode, follower: Follower) -> Any:
    """Return what swaps in the first pool, a few blocks after the last time."""
    deployment = follower.chain.deployment
    await market.approve_router(node, deployment)
    pools = follower.tracker._pools[:1]
    (pool,) = await market.load_pools(follower.client, deployment.contracts.tick_lens, pools)

    async def swap(blocks: int = BLOCKS) -> None:
        await node.mine(blocks)
        await market.swap(node, deployment, pool, zero_for_one=True, amount_in=10**6)

    return swap


@pytest.mark.parametrize(
    "name",
    [
        "upper case",
        "batch limit 100",
        "batch limit 3",
        "no batches",
        "batch in another order",
        *(name for name in FAULTS if name.startswith("logs of 10 blocks")),
    ],
)
async def test_pools_are_followed_by_what_a_node_takes(
    follower: Follower, trade: Any, name: str
) -> None:
    follower.proxy.misbehave(FAULTS[name])
    for _ in range(2):
        await trade()
        update = await follower.advance()
        assert not update.loaded
        assert await follower.is_right(update)


async def test_a_node_that_is_behind_now_and_then_is_followed_all_the_same(
    follower: Follower, trade: Any
) -> None:
    """Given a node that shows an older head in turns, then no pool is loaded anew for that."""
    follower.proxy.misbehave(FAULTS["3 blocks behind at every second request"])
    for _ in range(2):
        await trade()
        updates = [await follower.tracker.advance() for _ in range(4)]
        seen = [one for one in updates if one is not None]
        assert not any(one.loaded for one in seen)
        assert await follower.is_right(seen[-1])


async def test_a_range_that_takes_too_long_is_shorter_at_the_next_attempt(
    follower: Follower, trade: Any
) -> None:
    follower.proxy.misbehave(FAULTS["longer logs time out"])
    await trade()
    with pytest.raises(RpcUnavailable, match="Timeout"):
        await follower.advance()
    update = await follower.advance()
    assert not update.loaded
    assert await follower.is_right(update)


async def test_pools_are_loaded_in_batches_that_a_node_takes(follower: Follower) -> None:
    follower.tracker._history.clear()
    follower.proxy.misbehave(FAULTS["batch limit 100"])
    update = await follower.advance()
    assert update.loaded
    assert await follower.is_right(update)


@pytest.mark.parametrize("name", ["no logs", "no logs, HTTP 413"])
async def test_without_logs_the_pools_are_loaded_at_once(
    follower: Follower, trade: Any, name: str
) -> None:
    follower.proxy.misbehave(FAULTS[name])
    await trade()
    update = await follower.advance()
    assert "eth_getLogs of a block" in update.loaded
    assert await follower.is_right(update)


@pytest.mark.parametrize("name", ["no logs, HTTP 503", "removed logs", "logs of other blocks"])
async def test_when_logs_make_no_sense_the_pools_are_loaded_before_they_are_stale(
    follower: Follower, trade: Any, name: str
) -> None:
    follower.proxy.misbehave(FAULTS[name])
    await trade()
    with pytest.raises(RpcUnavailable):
        await follower.advance()
    follower.clock[0] += RELOAD_AFTER_SECONDS
    update = await follower.advance()
    assert "the logs are not to be had" in update.loaded
    assert await follower.is_right(update)


@pytest.mark.parametrize(
    "name", ["no newest block", "no base fee", "no timestamp", "3 blocks behind", "wrong chain"]
)
async def test_nonsense_is_an_outage_and_over_when_the_node_is_right_again(
    follower: Follower, trade: Any, name: str
) -> None:
    """Given nonsense while pools are followed or loaded, then no other error comes of it."""
    await follower.tracker.advance()
    for history in (list(follower.tracker._history), []):
        follower.tracker._history.clear()
        follower.tracker._history.extend(history)
        follower.proxy.misbehave(FAULTS[name])
        follower.tracker._client.doubt_chain()
        is_mere_lag = name == "3 blocks behind" and not history
        if not is_mere_lag:
            with pytest.raises(RpcUnavailable):
                await follower.advance()
        follower.proxy.behave()
        await follower.tracker._client.check_chain(31_337)
        await trade(1)
        assert await follower.is_right(await follower.advance())


async def test_a_block_without_a_base_fee_is_named(follower: Follower) -> None:
    follower.proxy.misbehave(FAULTS["no base fee"])
    with pytest.raises(RpcUnavailable, match="no baseFeePerGas: a chain without EIP-1559"):
        await follower.advance()


async def test_one_pool_that_cannot_be_read_does_not_stop_the_others(follower: Follower) -> None:
    pools = follower.tracker._pools
    silent = pools[0].address

    def hide(call: Call, reply: Reply) -> Reply:
        is_hidden = call["method"] == "eth_call" and call["params"][0]["to"] == silent
        return reply | {"result": "0x"} if is_hidden else reply

    follower.tracker._history.clear()
    follower.proxy.misbehave(Misbehaviour("a pool without answers", replies=hide))
    update = await follower.advance()
    assert update.failures.keys() == {silent}
    assert {one.pool for one in update.snapshots} == {one.address for one in pools[1:]}
    follower.proxy.behave()
    await follower.tracker.discover()
    assert await follower.is_right(await follower.advance())


async def test_a_pool_is_followed_from_its_first_price_on(
    follower: Follower, node: DevelopmentNode
) -> None:
    """Given a pool without a price, then it is not published until it has one, and never read."""
    deployment = follower.chain.deployment
    pair = sorted((deployment.token(one).address for one in TOKENS), key=lambda one: int(one, 16))
    await node.send(
        LIQUIDITY_PROVIDER, deployment.contracts.factory, CREATE_POOL.encode(*pair, NEW_FEE_PIPS)
    )
    assert await follower.tracker.discover()
    update = await follower.advance()
    assert await follower.is_right(update)
    (created,) = {pool.address for pool in follower.tracker._pools} - {
        one.pool for one in update.snapshots
    }
    await node.send(LIQUIDITY_PROVIDER, created, INITIALIZE.encode(2**97))
    update = await follower.advance()
    (pool,) = [one for one in update.snapshots if one.pool == created]
    await _mint(node, follower, pool)
    update = await follower.advance()
    assert not update.loaded
    assert await follower.is_right(update)
    assert next(one for one in update.snapshots if one.pool == created).liquidity > 0


async def _mint(node: DevelopmentNode, follower: Follower, pool: PoolSnapshot) -> None:
    nearest = pool.tick // pool.tick_spacing * pool.tick_spacing
    lower, upper = nearest - 10 * pool.tick_spacing, nearest + 10 * pool.tick_spacing
    await market.add_position(node, follower.chain.deployment, pool, lower, upper, 10**9)
