"""The outcome of a broadcast, from the answers of a real node."""

import pytest

from tests.integration.devchain import market
from tests.integration.devchain.market import load_pools
from tests.support.chain_wallet import GWEI, Wallet
from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.trading.chain.broadcast import BroadcastAnswer, BroadcastOutcome
from tradewind.trading.chain.rpc_client import RpcClient

NOBODY_LISTENS = "http://127.0.0.1:9"


async def outcome(client: RpcClient, raw_transaction: bytes) -> BroadcastOutcome:
    answer: BroadcastAnswer = await client.broadcast(raw_transaction)
    return answer.outcome


async def test_the_same_bytes_twice(
    client: RpcClient, node: DevelopmentNode, wallet: Wallet
) -> None:
    await node.mine_every(3_600)
    raw = await wallet.sign(LIQUIDITY_PROVIDER, value=1)
    assert await outcome(client, raw) is BroadcastOutcome.ACCEPTED
    assert await outcome(client, raw) is BroadcastOutcome.ALREADY_KNOWN
    await node.mine()
    assert await outcome(client, raw) is BroadcastOutcome.NONCE_TOO_LOW


async def test_another_transaction_for_the_same_nonce(
    client: RpcClient, node: DevelopmentNode, wallet: Wallet
) -> None:
    await node.mine_every(3_600)
    first = await wallet.sign(LIQUIDITY_PROVIDER, value=1, nonce=0)
    cheaper = await wallet.sign(LIQUIDITY_PROVIDER, value=2, nonce=0, maxFeePerGas=50 * GWEI)
    dearer = await wallet.sign(
        LIQUIDITY_PROVIDER, value=2, nonce=0, maxFeePerGas=200 * GWEI, maxPriorityFeePerGas=2 * GWEI
    )
    assert await outcome(client, first) is BroadcastOutcome.ACCEPTED
    assert await outcome(client, cheaper) is BroadcastOutcome.UNDERPRICED
    assert await outcome(client, dearer) is BroadcastOutcome.ACCEPTED


@pytest.mark.parametrize(
    "fields",
    [{"value": 10**30}, {"gas": 20_000}, {"chainId": 1}, {"gas": 10**9}],
    ids=["funds", "gas", "chain", "block-gas"],
)
async def test_what_can_never_be_mined_is_refused(
    client: RpcClient, wallet: Wallet, fields: dict[str, int]
) -> None:
    raw = await wallet.sign(LIQUIDITY_PROVIDER, b"", **fields)
    assert await outcome(client, raw) is BroadcastOutcome.REFUSED


async def test_garbage_is_refused(client: RpcClient) -> None:
    assert await outcome(client, b"\x02garbage") is BroadcastOutcome.REFUSED


async def test_a_price_below_the_base_fee_is_underpriced(client: RpcClient, wallet: Wallet) -> None:
    raw = await wallet.sign(LIQUIDITY_PROVIDER, maxFeePerGas=1, maxPriorityFeePerGas=1)
    assert await outcome(client, raw) is BroadcastOutcome.UNDERPRICED


async def test_the_second_endpoint_takes_over(dev_chain: DevChain, wallet: Wallet) -> None:
    async with RpcClient([NOBODY_LISTENS, dev_chain.rpc_url]) as client:
        raw = await wallet.sign(LIQUIDITY_PROVIDER, value=1)
        assert await outcome(client, raw) is BroadcastOutcome.ACCEPTED
        pools = await market.all_pools(client, dev_chain.deployment)
        lens = dev_chain.deployment.contracts.tick_lens
        assert len(await load_pools(client, lens, pools)) == len(pools)


async def test_nobody_there_is_unknown(wallet: Wallet) -> None:
    raw = await wallet.sign(LIQUIDITY_PROVIDER, value=1)
    async with RpcClient([NOBODY_LISTENS]) as client:
        assert await outcome(client, raw) is BroadcastOutcome.UNKNOWN
