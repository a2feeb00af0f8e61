"""A swap is judged rightly by nodes that cannot simulate or trace; one that waits says for what."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from actors.venues.contract import StepExpired, StepRefused
from tests.integration.devchain import market
from tests.integration.devchain.test_venue import ChainHarness, _open_venue, _snapshots
from tests.support.factories import REGISTRY, WINDOW, cache_of
from tests.support.rpc_faults import FAULTS
from tests.support.rpc_proxy import RpcProxy, rpc_proxy
from tests.support.venue_contract import settled
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.errors import NotYet
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.settings import ChainSettings
from tradewind.trading.pricing.pools.pool_view import PoolView

CANNOT_SIMULATE = [
    *(name for name in FAULTS if name.startswith("no simulation")),
    "batch limit 3",
    "no batches",
    "batch in another order",
]


@pytest.fixture
async def proxy(dev_chain: DevChain) -> AsyncIterator[RpcProxy]:
    """Return a proxy before the dev chain."""
    async with rpc_proxy(dev_chain.rpc_url) as proxy:
        yield proxy


@pytest.fixture
async def harness(
    client: RpcClient, dev_chain: DevChain, database_dsn: str, proxy: RpcProxy
) -> AsyncIterator[ChainHarness]:
    """Yield two venues that reach the chain through the proxy."""
    settings = ChainSettings(
        TRADEWIND_ETH_RPC_URL=SecretStr(proxy.url),
        TRADEWIND_CHAIN_ID=dev_chain.deployment.chain_id,
        tend_interval_ms=10,
    )
    view = PoolView(cache_of(await _snapshots(client, dev_chain)), REGISTRY)
    async with AsyncExitStack() as stack:
        behind = await stack.enter_async_context(
            RpcClient([proxy.url], timeout_seconds=1.0, chain_id=settings.chain_id)
        )
        venues = [await _open_venue(stack, settings, behind, view, database_dsn) for _ in range(2)]
        harness = ChainHarness(venues[0], venues[1], view)
        for venue in venues:
            venue._now = harness.now
        yield harness


async def test_a_swap_is_judged_whatever_a_node_says_instead_of_simulating(
    harness: ChainHarness, proxy: RpcProxy
) -> None:
    """Given nodes that cannot simulate, then bad swaps are refused and good ones are signed."""
    for number, name in enumerate(CANNOT_SIMULATE):
        proxy.misbehave(FAULTS[name])
        greedy, good = harness.order(2 * number, min_out=10**30), harness.order(2 * number + 1)
        with pytest.raises(StepRefused) as refused:
            await harness.venue.sign_tx(await harness.venue.build_swap_tx(greedy))
        assert refused.value.reason is ExecutionFailureReason.TOO_LITTLE_RECEIVED, name
        assert (await harness.venue.sign_tx(await harness.venue.build_swap_tx(good))).tx_hash


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("base fee 900 gwei", "gas costs 900000000000 wei .*MAX_FEE_PER_GAS_WEI allows 200000000"),
        ("no base fee", "no baseFeePerGas: a chain without EIP-1559"),
        ("HTTP 503", "HTTP 503"),
        ("wrong chain", "leads to chain 31338, not to chain 31337"),
        ("no newest block", "nonsense"),
        ("hang", "no node answered within"),
    ],
)
async def test_an_order_that_expires_waiting_says_what_it_waited_for(
    harness: ChainHarness,
    proxy: RpcProxy,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    reason: str,
) -> None:
    """Given a node that is of no use until the deadline, then the decision carries the reason."""
    monkeypatch.setattr("actors.venues.uniswap_v3.venue.NODE_PATIENCE_SECONDS", 0.5)
    order = harness.order(1)
    proxy.misbehave(FAULTS[name])
    harness.venue._parts.client.doubt_chain()
    with capture_logs() as records:
        for _ in range(3):
            with pytest.raises(NotYet):
                await harness.venue.sign_tx(await harness.venue.build_swap_tx(order))
    assert [one["event"] for one in records].count("an order waits") == 1
    harness.passed += WINDOW
    with pytest.raises(StepExpired) as first:
        await harness.venue.sign_tx(await harness.venue.build_swap_tx(order))
    assert re.search(reason, first.value.detail), first.value.detail
    # The decision is recorded, so another process gives the same one.
    with pytest.raises(StepExpired) as again:
        await harness.another.sign_tx(await harness.another.build_swap_tx(order))
    assert again.value.detail == first.value.detail


async def test_an_order_that_only_came_late_has_nothing_to_say(harness: ChainHarness) -> None:
    order = harness.order(1)
    harness.passed += WINDOW
    with pytest.raises(StepExpired) as expired:
        await harness.venue.sign_tx(await harness.venue.build_swap_tx(order))
    assert expired.value.detail == ""


@pytest.mark.parametrize("name", ["tracing refuses the batch", "tracing hangs", "no batches"])
async def test_why_a_swap_reverted_is_found_without_a_trace(
    dev_chain: DevChain, node: DevelopmentNode, harness: ChainHarness, proxy: RpcProxy, name: str
) -> None:
    """Given a swap that the market overtook, then a node that cannot trace hides no reason."""
    order = harness.order(1)
    exact = order.step.model_copy(update={"min_out": order.step.route.amount_out})
    order = replace(order, step=exact)
    signed = await harness.venue.sign_tx(await harness.venue.build_swap_tx(order))
    await market.approve_router(node, dev_chain.deployment)
    for pool in harness.market.pools(order.step.base, order.step.quote):
        await market.swap(
            node, dev_chain.deployment, pool.snapshot, zero_for_one=True, amount_in=10**12
        )
    proxy.misbehave(FAULTS[name])
    await harness.venue.broadcast_tx(signed.tx_hash)
    receipt = await settled(harness, signed.tx_hash)
    assert receipt.revert_reason is ExecutionFailureReason.TOO_LITTLE_RECEIVED
