"""The proxy misbehaves as it is set to, and not otherwise."""

from collections.abc import AsyncIterator

import pytest

from tests.support.chain_wallet import Wallet
from tests.support.rpc_faults import FAULTS
from tests.support.rpc_proxy import RpcProxy, rpc_proxy
from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER, TRADER_KEY
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.trading.chain.broadcast import BroadcastOutcome
from tradewind.trading.chain.errors import RpcUnavailable
from tradewind.trading.chain.rpc_client import RpcClient


@pytest.fixture
async def proxy(fault_chain: DevChain) -> AsyncIterator[RpcProxy]:
    """Return a proxy before the dev chain."""
    async with rpc_proxy(fault_chain.rpc_url) as proxy:
        yield proxy


@pytest.fixture
async def behind(proxy: RpcProxy) -> AsyncIterator[RpcClient]:
    """Return a client of the proxy."""
    async with RpcClient([proxy.url], timeout_seconds=0.5) as client:
        yield client


@pytest.fixture
async def honest(fault_chain: DevChain) -> AsyncIterator[RpcClient]:
    """Return a client of the chain itself."""
    async with RpcClient([fault_chain.rpc_url]) as client:
        yield client


async def test_without_misbehaviour_it_is_the_chain(behind: RpcClient, honest: RpcClient) -> None:
    for method, params in (("eth_chainId", ()), ("eth_getBlockByNumber", ("latest", False))):
        assert await behind.call(method, *params) == await honest.call(method, *params)


@pytest.mark.parametrize("after_sending", ["timed out", "cut", "HTTP 502"])
async def test_a_transaction_is_handed_on_and_the_answer_lost(
    after_sending: str, proxy: RpcProxy, behind: RpcClient, honest: RpcClient
) -> None:
    raw = await Wallet(honest, TRADER_KEY).sign(LIQUIDITY_PROVIDER, value=1)
    proxy.misbehave(FAULTS[f"sent and {after_sending}"])
    answer = await behind.broadcast(raw)
    assert answer.outcome is BroadcastOutcome.UNKNOWN
    await honest.command("anvil_mine", "0x1")
    receipt = await honest.call("eth_getTransactionReceipt", answer.transaction_hash)
    assert receipt["status"] == "0x1"


async def test_a_transaction_is_acknowledged_and_dropped(
    proxy: RpcProxy, behind: RpcClient, honest: RpcClient
) -> None:
    raw = await Wallet(honest, TRADER_KEY).sign(LIQUIDITY_PROVIDER, value=1)
    proxy.misbehave(FAULTS["transactions dropped"])
    answer = await behind.broadcast(raw)
    assert answer.outcome is BroadcastOutcome.ACCEPTED
    assert await honest.call("eth_getTransactionByHash", answer.transaction_hash) is None


async def test_counts_receipts_and_hashes_are_not_the_truth(
    proxy: RpcProxy, behind: RpcClient, honest: RpcClient
) -> None:
    wallet = Wallet(honest, TRADER_KEY)
    receipt = await wallet.send(LIQUIDITY_PROVIDER, b"", value=1)
    proxy.misbehave(
        *(
            FAULTS[name]
            for name in ("count 3 too high", "receipts hidden", "wrong transaction hash")
        )
    )
    count = int(await honest.call("eth_getTransactionCount", wallet.address, "latest"), 16)
    shown = await behind.call("eth_getTransactionCount", wallet.address, "latest")
    assert int(shown, 16) == count + 3
    assert await behind.call("eth_getTransactionReceipt", receipt["transactionHash"]) is None
    answer = await behind.broadcast(await wallet.sign(LIQUIDITY_PROVIDER, value=2))
    assert answer.outcome is BroadcastOutcome.UNKNOWN


async def test_an_old_head_hides_what_came_after_it(
    proxy: RpcProxy, behind: RpcClient, honest: RpcClient
) -> None:
    wallet = Wallet(honest, TRADER_KEY)
    before = await honest.call("eth_getTransactionCount", wallet.address, "latest")
    receipt = await wallet.send(LIQUIDITY_PROVIDER, b"", value=1)
    await honest.command("anvil_mine", "0x1")
    proxy.misbehave(FAULTS["2 blocks behind"])
    head = int(receipt["blockNumber"], 16)
    assert await behind.call("eth_blockNumber") == hex(head - 1)
    assert (await behind.call("eth_getBlockByNumber", "latest", False))["number"] == hex(head - 1)
    assert await behind.call("eth_getTransactionCount", wallet.address, "latest") == before
    assert await behind.call("eth_getTransactionReceipt", receipt["transactionHash"]) is None
    proxy.misbehave(FAULTS["1 block behind"])
    assert await behind.call("eth_getTransactionReceipt", receipt["transactionHash"]) == receipt


async def test_requests_are_refused(proxy: RpcProxy, behind: RpcClient) -> None:
    proxy.misbehave(FAULTS["HTTP 429 at every second request"])
    for _ in range(3):
        await behind.call("eth_chainId")
    proxy.misbehave(FAULTS["HTTP 429"])
    with pytest.raises(RpcUnavailable, match="429"):
        await behind.call("eth_chainId")
