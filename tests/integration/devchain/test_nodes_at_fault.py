"""A node at fault gives the right answer in the end, or none: never a wrong one, never a crash."""

from collections.abc import AsyncIterator

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from tests.integration.devchain import market
from tests.support.chain_wallet import Wallet
from tests.support.rpc_faults import FAULTS
from tests.support.rpc_proxy import SEND, RpcProxy, rpc_proxy
from tradewind.errors import ConfigurationError
from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER, TRADER_KEY
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.trading.chain.broadcast import BroadcastOutcome
from tradewind.trading.chain.chain_proof import PROOF_SECONDS
from tradewind.trading.chain.errors import RpcUnavailable
from tradewind.trading.chain.json_rpc import Call, Fault
from tradewind.trading.chain.log_ranges import LogQuery
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.uniswap_v3 import SWAP

QUESTIONS = [Call("eth_getBlockByNumber", (hex(number), False)) for number in range(10)]
TIMEOUT_SECONDS = 1.0
BATCHES = [
    "batch limit 3",
    "batch limit 3 in a list",
    "batch limit 3, HTTP 413",
    "batch limit 3, HTTP 400",
    "batch limit 3, hanging up",
    "batch limit 3, the rest missing",
    "no batches",
    "batch answered twice",
]
UNUSABLE = [
    "HTTP 429",
    "HTTP 429 with Retry-After",
    "HTTP 403",
    "HTTP 503",
    "redirect",
    "HTML",
    "empty body",
    "null",
    "truncated body",
    "slow drip",
    "gzip nonsense",
    "hang",
    "hang up",
    "wrong id",
    "no id",
    "no result",
    "result and error",
]


@pytest.fixture
async def proxy(dev_chain: DevChain) -> AsyncIterator[RpcProxy]:
    """Return a proxy before the dev chain."""
    async with rpc_proxy(dev_chain.rpc_url) as proxy:
        yield proxy


@pytest.fixture
async def behind(proxy: RpcProxy) -> AsyncIterator[RpcClient]:
    """Return a client of the proxy alone."""
    async with RpcClient([proxy.url], timeout_seconds=TIMEOUT_SECONDS) as client:
        yield client


@pytest.fixture
async def beside(proxy: RpcProxy, dev_chain: DevChain) -> AsyncIterator[RpcClient]:
    """Return a client of the proxy, and after it of the dev chain."""
    async with RpcClient(
        [proxy.url, dev_chain.rpc_url], timeout_seconds=TIMEOUT_SECONDS, chain_id=31_337
    ) as client:
        yield client


@pytest.mark.parametrize("name", [*BATCHES, "batch in another order"])
async def test_a_refused_batch_is_halved_until_it_passes(
    client: RpcClient, proxy: RpcProxy, behind: RpcClient, name: str
) -> None:
    """Given a node that takes a few calls at once, then that is found and remembered."""
    honest = await client.batch(QUESTIONS)
    proxy.misbehave(FAULTS[name])
    assert await behind.batch(QUESTIONS) == honest
    refused = proxy.counts["requests"]
    assert await behind.batch(QUESTIONS) == honest
    assert proxy.counts["requests"] - refused <= len(QUESTIONS)


async def test_what_a_node_takes_at_once_is_remembered(proxy: RpcProxy, behind: RpcClient) -> None:
    proxy.misbehave(FAULTS["batch limit 3"])
    await behind.batch(QUESTIONS)
    refused = proxy.counts["refused"]
    await behind.batch(QUESTIONS)
    assert proxy.counts["refused"] == refused > 0


async def test_a_connection_that_ends_is_no_word_about_the_size_of_a_batch(
    client: RpcClient, proxy: RpcProxy, behind: RpcClient
) -> None:
    honest = await client.batch(QUESTIONS)
    proxy.misbehave(FAULTS["hang up at every second request"])
    for _ in range(3):
        assert await behind.batch(QUESTIONS) == honest
    assert proxy.counts["requests"] <= 6


async def test_a_method_that_spoils_its_batch_costs_only_itself(
    client: RpcClient, proxy: RpcProxy, behind: RpcClient
) -> None:
    honest = await client.batch(QUESTIONS)
    proxy.misbehave(FAULTS["tracing refuses the batch"])
    trace, *replies = await behind.batch([Call("debug_traceTransaction", ("0x",)), *QUESTIONS])
    assert isinstance(trace, Fault)
    assert replies == honest
    before = proxy.counts["requests"]
    assert await behind.batch(QUESTIONS) == honest
    assert proxy.counts["requests"] == before + 1


async def test_a_node_that_refuses_everything_is_not_asked_call_by_call(
    proxy: RpcProxy, behind: RpcClient
) -> None:
    proxy.misbehave(FAULTS["HTML"])
    with pytest.raises(RpcUnavailable, match="not JSON"):
        await behind.batch(QUESTIONS * 50)
    # Two attempts, each with as many halvings as lead to single calls, and a few of those.
    assert proxy.counts["requests"] < 60


@pytest.mark.parametrize("name", UNUSABLE)
async def test_an_answer_that_is_none_is_taken_from_another_node(
    client: RpcClient, proxy: RpcProxy, behind: RpcClient, beside: RpcClient, name: str
) -> None:
    honest = await client.batch(QUESTIONS[:2])
    proxy.misbehave(FAULTS[name])
    with pytest.raises(RpcUnavailable):
        await behind.batch(QUESTIONS[:2])
    assert await beside.batch(QUESTIONS[:2]) == honest


@pytest.mark.parametrize("name", ["upper case", "integers"])
async def test_a_node_may_spell_numbers_in_its_own_way(
    proxy: RpcProxy, behind: RpcClient, name: str
) -> None:
    proxy.misbehave(FAULTS[name])
    await behind.check_chain(31_337)
    assert await behind.chain_id() == 31_337


async def test_an_answer_without_an_end_is_given_up(proxy: RpcProxy, behind: RpcClient) -> None:
    proxy.misbehave(FAULTS["huge body"])
    with pytest.raises(RpcUnavailable, match=r"bytes|Timeout"):
        await behind.call("eth_chainId")


async def test_a_node_that_asks_for_a_pause_gets_it(proxy: RpcProxy, behind: RpcClient) -> None:
    proxy.misbehave(FAULTS["HTTP 429 with Retry-After"])
    for _ in range(3):
        with pytest.raises(RpcUnavailable, match=r"429|pause"):
            await behind.call("eth_chainId")
    assert proxy.counts["requests"] == 1


@pytest.mark.parametrize("name", [name for name in FAULTS if name.startswith("logs of 10 blocks")])
async def test_logs_are_read_in_ranges_that_a_node_takes(
    client: RpcClient,
    dev_chain: DevChain,
    node: DevelopmentNode,
    proxy: RpcProxy,
    behind: RpcClient,
    name: str,
) -> None:
    """Given swaps in a range over the limit, then all their logs come, and the limit is kept."""
    head = int(await client.call("eth_blockNumber"), 16)
    pools = await market.all_pools(client, dev_chain.deployment)
    snapshots = await market.load_pools(client, dev_chain.deployment.contracts.tick_lens, pools[:1])
    await market.approve_router(node, dev_chain.deployment)
    for zero_for_one in (True, False, True):
        await node.mine(9)
        await market.swap(
            node, dev_chain.deployment, snapshots[0], zero_for_one=zero_for_one, amount_in=10**6
        )
    last = int(await client.call("eth_blockNumber"), 16)
    query = LogQuery((pools[0].address,), (SWAP.topic,), head + 1, last)
    honest = await client.logs(query)
    assert len(honest) == 3
    proxy.misbehave(FAULTS[name])
    assert await behind.logs(query) == honest
    asked = proxy.counts["eth_getLogs"]
    assert await behind.logs(query) == honest
    assert proxy.counts["eth_getLogs"] - asked <= -(-(last - head) // 5)


@pytest.mark.parametrize("name", ["wrong chain", "another first block"])
async def test_a_node_of_another_chain_is_named_and_never_used(
    client: RpcClient, proxy: RpcProxy, beside: RpcClient, name: str
) -> None:
    """Given a second chain in the list, then neither reads nor transactions go there."""
    first_block = await client.call("eth_getBlockByNumber", "0x1", False)
    proxy.misbehave(FAULTS[name])
    with capture_logs() as records:
        await beside.check_chain(31_337, first_block["hash"])
        for _ in range(3):
            assert await beside.call("eth_blockNumber")
    wallet = Wallet(client, TRADER_KEY)
    raw = await wallet.sign(LIQUIDITY_PROVIDER, value=1)
    assert (await beside.broadcast(raw)).outcome is BroadcastOutcome.ACCEPTED
    assert proxy.counts["eth_blockNumber"] == proxy.counts[SEND] == 0
    named = [one for one in records if one.get("endpoint") == endpoint_of(proxy)]
    assert len(named) == 1
    assert wrong_chain_metric(proxy) == 1.0


async def test_when_every_node_is_of_another_chain_the_start_ends(
    proxy: RpcProxy, behind: RpcClient
) -> None:
    proxy.misbehave(FAULTS["wrong chain"])
    with pytest.raises(
        ConfigurationError, match="CHAIN_ID is 31337, but ETH_RPC_URL leads to chain"
    ):
        await behind.check_chain(31_337)


async def test_a_node_that_failed_proves_its_chain_before_it_counts(
    client: RpcClient, proxy: RpcProxy, behind: RpcClient
) -> None:
    """Given a node that comes back as another chain, then its first answer is refused already."""
    await behind.check_chain(31_337)
    proxy.misbehave(FAULTS["HTTP 503"])
    with pytest.raises(RpcUnavailable, match="503"):
        await behind.call("eth_blockNumber")
    proxy.misbehave(FAULTS["wrong chain"])
    with pytest.raises(RpcUnavailable, match="leads to chain 31338, not to chain 31337"):
        await behind.call("eth_blockNumber")
    raw = await Wallet(client, TRADER_KEY).sign(LIQUIDITY_PROVIDER, value=1)
    assert (await behind.broadcast(raw)).outcome is BroadcastOutcome.UNKNOWN
    assert proxy.counts[SEND] == 0


async def test_a_transaction_gets_through_a_node_that_fails_every_second_request(
    client: RpcClient, proxy: RpcProxy, behind: RpcClient
) -> None:
    """Given a proof before every transaction, then proofs and failures do not take turns."""
    await behind.check_chain(31_337)
    proxy.misbehave(FAULTS["HTTP 429 at every second request"])
    wallet = Wallet(client, TRADER_KEY)
    for value in (1, 2, 3):
        behind.doubt_chain()
        raw = await wallet.sign(LIQUIDITY_PROVIDER, value=value)
        outcomes = [(await behind.broadcast(raw)).outcome for _ in range(3)]
        assert BroadcastOutcome.ACCEPTED in outcomes


async def test_a_gateway_that_sometimes_asks_another_chain_is_found_by_its_next_batch(
    client: RpcClient, proxy: RpcProxy, beside: RpcClient
) -> None:
    honest = await client.batch(QUESTIONS)
    await beside.check_chain(31_337)
    proxy.misbehave(FAULTS["another chain at every second request"])
    for _ in range(4):
        assert await beside.batch(QUESTIONS) == honest
    assert wrong_chain_metric(proxy) == 1.0


async def test_whoever_decides_for_good_has_every_batch_prove_its_chain(
    proxy: RpcProxy,
) -> None:
    """Given a gateway that goes over to a chain of the same id, then no batch of it counts."""
    async with RpcClient([proxy.url], chain_id=31_337, proves_every_batch=True) as careful:
        await careful.batch(QUESTIONS)
        proxy.misbehave(FAULTS["another first block"])
        with pytest.raises(RpcUnavailable, match="whose block 1 is another"):
            await careful.batch(QUESTIONS)


async def test_a_node_that_routes_elsewhere_after_a_while_is_noticed(
    proxy: RpcProxy, behind: RpcClient
) -> None:
    """Given a node whose chain changes between two answers, then the next proof tells."""
    await behind.check_chain(31_337)
    proxy.misbehave(FAULTS["wrong chain"])
    hasten(behind, PROOF_SECONDS)
    with pytest.raises(RpcUnavailable, match="leads to chain 31338"):
        await behind.call("eth_blockNumber")
    proxy.behave()
    hasten(behind, PROOF_SECONDS)
    assert await behind.call("eth_blockNumber")
    assert wrong_chain_metric(proxy) == 0.0


def hasten(client: RpcClient, seconds: float) -> None:
    """Let time pass for the proofs of a client's nodes."""
    for node in client._nodes:
        proof = node._proof
        assert proof is not None
        proof._valid_until -= seconds


def endpoint_of(proxy: RpcProxy) -> str:
    return proxy.url.split("/")[2]


def wrong_chain_metric(proxy: RpcProxy) -> float | None:
    return REGISTRY.get_sample_value(
        "tradewind_rpc_endpoint_wrong_chain", {"endpoint": endpoint_of(proxy)}
    )
