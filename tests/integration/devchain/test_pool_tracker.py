"""Pools followed by their logs are equal to those on the chain, over reorgs too."""

from random import Random

import pytest
from pydantic import SecretStr

from actors.market.pool_tracker import PoolTracker, PoolUpdate
from tests.integration.devchain import market
from tests.integration.devchain.interfaces import COLLECT_POSITION, DECREASE_LIQUIDITY
from tests.integration.devchain.market import load_pools
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER
from tradewind.operations.embedded.devchain.deployer import NO_DEADLINE
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.settings import ChainSettings
from tradewind.trading.chain.uniswap_v3 import BURN

ROUNDS = 8
CHANGES_PER_ROUND = 6


class Trading:
    """Random swaps and positions in every pool."""

    def __init__(self, node: DevelopmentNode, chain: DevChain, seed: int) -> None:
        self.random = Random(seed)
        self._node = node
        self._deployment = chain.deployment

    async def change(self, pool: PoolSnapshot) -> None:
        """Do one thing to a pool."""
        kind = self.random.random()
        if kind < 0.6:
            await self._swap(pool)
        elif kind < 0.85:
            await self._mint(pool)
        else:
            await self._burn()

    async def _swap(self, pool: PoolSnapshot) -> None:
        zero_for_one = self.random.random() < 0.5
        token = pool.token0 if zero_for_one else pool.token1
        amount = int(10 ** self.random.uniform(token.decimals - 2, token.decimals + 1))
        await market.swap(
            self._node, self._deployment, pool, zero_for_one=zero_for_one, amount_in=amount
        )

    async def _mint(self, pool: PoolSnapshot) -> None:
        spacing = pool.tick_spacing
        nearest = pool.tick // spacing * spacing
        lower = nearest - self.random.randint(-3, 30) * spacing
        upper = max(lower, nearest) + self.random.randint(1, 30) * spacing
        await market.add_position(self._node, self._deployment, pool, lower, upper, 10**9)

    async def _burn(self) -> None:
        """Take a part of the first position out, or all of it."""
        manager = self._deployment.contracts.position_manager
        liquidity = self.random.choice([1, 10**6, 0])
        arguments = (self.random.randint(1, 5), liquidity, 0, 0, NO_DEADLINE)
        if liquidity:
            data = DECREASE_LIQUIDITY.encode(arguments)
        else:
            data = COLLECT_POSITION.encode((arguments[0], LIQUIDITY_PROVIDER, 2**127, 2**127))
        await self._node.send(LIQUIDITY_PROVIDER, manager, data)


@pytest.fixture
def tracker(client: RpcClient, dev_chain: DevChain) -> PoolTracker:
    """Return a tracker of all tokens of the dev chain."""
    settings = ChainSettings(
        TRADEWIND_ETH_RPC_URL=SecretStr(dev_chain.rpc_url),
        TRADEWIND_CHAIN_ID=dev_chain.deployment.chain_id,
    )
    return PoolTracker(client, settings, [token.asset for token in dev_chain.deployment.tokens])


@pytest.fixture
async def trading(node: DevelopmentNode, dev_chain: DevChain) -> Trading:
    """Return a trader who may also provide liquidity."""
    await market.approve_router(node, dev_chain.deployment)
    return Trading(node, dev_chain, seed=7)


async def check(client: RpcClient, chain: DevChain, advance: PoolUpdate | None) -> None:
    """Compare the pools of the tracker with those on the chain."""
    assert advance is not None
    pools = await market.all_pools(client, chain.deployment)
    lens = chain.deployment.contracts.tick_lens
    loaded = await load_pools(client, lens, pools)
    assert sorted(advance.snapshots, key=lambda one: one.pool) == sorted(
        loaded, key=lambda one: one.pool
    )
    assert advance.head.block_number == loaded[0].block_number
    assert advance.head.block_time == loaded[0].block_time


async def test_logs_lead_to_the_state_the_chain_has(
    client: RpcClient, dev_chain: DevChain, tracker: PoolTracker, trading: Trading
) -> None:
    advance = await tracker.advance()
    assert advance is not None
    assert advance.loaded
    for _ in range(ROUNDS):
        for pool in trading.random.sample(advance.snapshots, CHANGES_PER_ROUND):
            await trading.change(pool)
        advance = await tracker.advance()
        assert advance is not None
        assert not advance.loaded
    await check(client, dev_chain, advance)
    assert await tracker.advance() is None


async def test_several_changes_in_one_block(
    client: RpcClient,
    dev_chain: DevChain,
    node: DevelopmentNode,
    tracker: PoolTracker,
    trading: Trading,
) -> None:
    """Given a pool that is swapped to and fro in one block, then the last log wins."""
    before = await tracker.advance()
    assert before is not None
    await client.command("evm_setAutomine", False)
    hashes = [
        await client.command(
            "eth_sendTransaction",
            {"from": LIQUIDITY_PROVIDER, "to": to, "data": data, "gas": hex(2_000_000)},
        )
        for to, data in market.swaps_there_and_back(dev_chain.deployment, before.snapshots[0])
    ]
    await node.mine()
    await client.command("evm_setAutomine", True)
    receipts = [await node.receipt(tx_hash) for tx_hash in hashes]
    assert len({receipt["blockHash"] for receipt in receipts}) == 1
    await check(client, dev_chain, await tracker.advance())


async def test_a_reorg_is_taken_back_and_followed(
    client: RpcClient,
    dev_chain: DevChain,
    node: DevelopmentNode,
    tracker: PoolTracker,
    trading: Trading,
) -> None:
    """Given three blocks of changes that leave the chain, then it is as if they never were."""
    advance = await tracker.advance()
    assert advance is not None
    pool = advance.snapshots[0]
    for _ in range(3):
        await market.swap(
            node, dev_chain.deployment, pool, zero_for_one=True, amount_in=10**pool.token0.decimals
        )
        await tracker.advance()
    await node.reorganise(3)
    advance = await tracker.advance()
    await check(client, dev_chain, advance)
    assert advance is not None
    assert (advance.reorg_depth, advance.loaded) == (3, "")
    await trading.change(pool)
    await check(client, dev_chain, await tracker.advance())


async def test_a_long_gap_is_loaded(
    client: RpcClient, dev_chain: DevChain, node: DevelopmentNode, tracker: PoolTracker
) -> None:
    await tracker.advance()
    await node.mine(501)
    advance = await tracker.advance()
    await check(client, dev_chain, advance)
    assert advance is not None
    assert "501 blocks" in advance.loaded


def test_a_burn_has_the_topic_of_the_pool() -> None:
    """keccak of Burn(address,int24,int24,uint128,uint256,uint256), from the core's own ABI."""
    expected = "0x0c396cd989a39f4459b5fa1aed6a9a8dcdbc45908acfd67e028cd568da98982c"
    assert BURN.topic == expected
