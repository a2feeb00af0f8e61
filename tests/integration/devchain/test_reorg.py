"""Reorgs that the development methods of the node make."""

import pytest

from tests.integration.devchain import market
from tests.integration.devchain.market import load_pools
from tests.support.chain_wallet import Wallet
from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.trading.chain.broadcast import BroadcastOutcome
from tradewind.trading.chain.contract_interface import Read
from tradewind.trading.chain.errors import RpcUnavailable
from tradewind.trading.chain.json_rpc import Json
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.uniswap_v3 import SLOT0


async def test_mining_adds_blocks(node: DevelopmentNode) -> None:
    before = await node.block_number()
    assert await node.mine(5) == before + 5


async def test_in_intervals_a_transaction_waits_for_its_block(
    client: RpcClient, node: DevelopmentNode, wallet: Wallet
) -> None:
    await node.mine_every(3_600)
    first = await client.broadcast(await wallet.sign(LIQUIDITY_PROVIDER, value=1))
    second = await client.broadcast(await wallet.sign(LIQUIDITY_PROVIDER, value=2))
    assert await client.call("eth_getTransactionReceipt", first.transaction_hash) is None
    await node.mine()
    receipts = [await node.receipt(sent.transaction_hash) for sent in (first, second)]
    assert receipts[0]["blockHash"] == receipts[1]["blockHash"]
    await node.mine_every(0)
    await wallet.send(LIQUIDITY_PROVIDER, b"", value=3)


async def test_an_interval_is_suspended_while_things_are_set_up(
    client: RpcClient, node: DevelopmentNode, wallet: Wallet
) -> None:
    await node.mine_every(3_600)
    async with node.mining_at_once():
        await wallet.send(LIQUIDITY_PROVIDER, b"", value=1)
    waiting = await client.broadcast(await wallet.sign(LIQUIDITY_PROVIDER, value=2))
    assert await client.call("anvil_getIntervalMining") == 3_600
    assert await client.call("eth_getTransactionReceipt", waiting.transaction_hash) is None


async def test_a_reorganised_transaction_is_gone_and_the_same_bytes_go_out_again(
    client: RpcClient, node: DevelopmentNode, wallet: Wallet
) -> None:
    await node.mine_every(3_600)
    raw = await wallet.sign(LIQUIDITY_PROVIDER, value=1)
    answer = await client.broadcast(raw)
    await node.mine(3)
    height = await node.block_number()
    before = await client.call("eth_getBlockByNumber", hex(height), False)

    await node.reorganise(3)

    assert await node.block_number() == height
    after = await client.call("eth_getBlockByNumber", hex(height), False)
    assert after["hash"] != before["hash"]
    assert await client.call("eth_getTransactionReceipt", answer.transaction_hash) is None
    again = await client.broadcast(raw)
    assert again == (BroadcastOutcome.ACCEPTED, answer.transaction_hash, answer.transaction_hash)
    await node.mine()
    receipt = await client.call("eth_getTransactionReceipt", answer.transaction_hash)
    assert receipt["status"] == "0x1"


async def test_a_reorganised_swap_leaves_the_pool_as_it_was(
    dev_chain: DevChain, client: RpcClient, node: DevelopmentNode
) -> None:
    pools = [
        pool
        for pool in await market.all_pools(client, dev_chain.deployment)
        if pool.fee_pips == 10_000
    ]
    lens = dev_chain.deployment.contracts.tick_lens
    await market.approve_router(node, dev_chain.deployment)
    (before, *_) = await load_pools(client, lens, pools)
    await market.swap(node, dev_chain.deployment, before, zero_for_one=True, amount_in=10**18)
    (moved, *_) = await load_pools(client, lens, pools)
    await node.reorganise(1)
    (after, *_) = await load_pools(client, lens, pools)

    assert moved.sqrt_price_x96 != before.sqrt_price_x96
    assert after.block_number == moved.block_number
    when = {"block_number": before.block_number, "block_time": before.block_time}
    assert after.model_copy(update=when) == before


async def test_a_read_pinned_to_a_block_that_is_gone_is_to_be_tried_again(
    dev_chain: DevChain, client: RpcClient, node: DevelopmentNode
) -> None:
    # The block must not be empty: an empty one mined again in the same second has the same hash.
    await node.send(LIQUIDITY_PROVIDER, LIQUIDITY_PROVIDER, b"")
    header = await client.call("eth_getBlockByNumber", "latest", False)
    pin: Json = {"blockHash": header["hash"], "requireCanonical": True}
    read = Read(dev_chain.deployment.pools[0].address, SLOT0)
    assert await client.read(read, pin) == await client.read(read)
    await node.reorganise(1)
    with pytest.raises(RpcUnavailable, match="not found"):
        await client.read(read, pin)
