"""Blocks come and go."""

from tests.integration.devchain import market
from tests.integration.devchain.wallet import Wallet
from tradewind.chain.broadcast import BroadcastOutcome
from tradewind.chain.pool_loader import load_pools
from tradewind.chain.rpc_client import RpcClient
from tradewind.embedded.devchain.accounts import LIQUIDITY_PROVIDER
from tradewind.embedded.devchain.dev_chain import DevChain
from tradewind.embedded.devchain.node import DevelopmentNode


async def test_mining_adds_blocks(node: DevelopmentNode) -> None:
    before = await node.block_number()
    assert await node.mine(5) == before + 5


async def test_a_reorganised_transaction_is_gone_and_the_same_bytes_go_out_again(
    client: RpcClient, node: DevelopmentNode, wallet: Wallet
) -> None:
    await client.call("evm_setAutomine", False)
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
    await client.call("evm_setAutomine", True)


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
