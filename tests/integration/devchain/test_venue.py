"""The venue on a real chain: the contract every venue keeps, and every form of swap to the wei."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from actors.planner.decide import decide
from actors.planner.quoting import read_market
from actors.venues.contract import (
    SigningVenue,
    StepRefused,
    SwapOrder,
    SwapTransaction,
    VenueUnavailable,
)
from actors.venues.recording import RecordedPlans
from actors.venues.uniswap_v3.calldata import approval_calldata
from actors.venues.uniswap_v3.keys import load_signer
from actors.venues.uniswap_v3.open_venue import make_transaction_manager, make_venue
from actors.venues.uniswap_v3.preflight import Ready
from actors.venues.uniswap_v3.venue import UniswapV3Venue
from tests.integration.devchain import market
from tests.integration.devchain.market import load_pools
from tests.support.factories import REGISTRY, WINDOW, accepted, cache_of, token
from tests.support.limits import PLAN_LIMITS
from tests.support.recorded_plans import record_plans
from tests.support.venue_contract import VenueContract, settled, submit
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.plans.model import ExecutionStep
from tradewind.contracts.venues import UNISWAP_V3
from tradewind.errors import NotYet
from tradewind.operations.embedded.devchain.accounts import TRADER, TRADER_KEY
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.postgres import open_pool
from tradewind.trading.chain.contract_interface import Read
from tradewind.trading.chain.erc20 import ALLOWANCE, BALANCE_OF
from tradewind.trading.chain.hexadecimal import parse_quantity
from tradewind.trading.chain.json_rpc import Call, Reply
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.settings import ChainSettings, WalletSettings
from tradewind.trading.cores.plan_swap import minimum_after_slippage
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.pricing.routes.split_route import SplitRoute, best_split_exact_in
from tradewind.trading.pricing.routes.two_hop import TwoHopRoute, best_two_hop_exact_in
from tradewind.trading.wallet.errors import AnotherPlanRecorded
from tradewind.trading.wallet.plan_event import PlanEvent
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE, TransactionJournal

LIMITS = PLAN_LIMITS.model_copy(update={"venue": UNISWAP_V3, "pool_max_age_seconds": 86_400})
MAX_REAL_WAIT_SECONDS = 0.1
SLIPPAGE = Decimal("0.01")


class ChainHarness:
    """Two processes' views of one wallet."""

    def __init__(self, venue: UniswapV3Venue, another: UniswapV3Venue, view: PoolView) -> None:
        self.venue = venue
        self.another = another
        self.market = view
        self.passed = timedelta()

    def now(self) -> datetime:
        """Return the processes' time, which may run ahead of the chain's."""
        return datetime.now(UTC) + self.passed

    async def wait(self, milliseconds: int) -> None:
        """Let the processes' clock run, and the database's a little; then look at the chain."""
        self.passed += timedelta(milliseconds=milliseconds)
        await asyncio.sleep(min(milliseconds / 1_000, MAX_REAL_WAIT_SECONDS))
        await self.venue._parts.manager.watch()

    def order(self, number: int, *, min_out: int | None = None, **changes: Any) -> SwapOrder:
        """Return the order of the `number`th plan: 1 WETH for about 3,000 USDC unless changed."""
        event = accepted(number, **changes)
        reading = read_market(self.market, event.payload.intent)
        (created,) = decide(event, reading, LIMITS, reading.pools[0].snapshot.block_time)
        step = created.payload.steps[0]
        if min_out is not None:
            step = step.model_copy(update={"min_out": min_out})
        return SwapOrder(
            created.payload.plan_id,
            0,
            "alpha",
            step,
            self.now() + WINDOW,
            PlanEvent.of(created),
            created.key.portfolio,
        )


type OpenHarness = Callable[..., Any]


@pytest.fixture
def open_harness(client: RpcClient, dev_chain: DevChain, database_dsn: str) -> OpenHarness:
    """Return what opens two venues with changed settings."""

    @asynccontextmanager
    async def opened(**changes: Any) -> AsyncIterator[ChainHarness]:
        settings = ChainSettings(
            TRADEWIND_ETH_RPC_URL=SecretStr(dev_chain.rpc_url),
            TRADEWIND_CHAIN_ID=dev_chain.deployment.chain_id,
            tend_interval_ms=10,
            **changes,
        )
        view = PoolView(cache_of(await _snapshots(client, dev_chain)), REGISTRY)
        async with AsyncExitStack() as stack:
            venues = [
                await _open_venue(stack, settings, client, view, database_dsn) for _ in range(2)
            ]
            harness = ChainHarness(venues[0], venues[1], view)
            for venue in venues:
                venue._now = harness.now
            yield harness

    return opened


@pytest.fixture
async def harness(open_harness: OpenHarness) -> AsyncIterator[ChainHarness]:
    """Two venues with default settings."""
    async with open_harness() as opened:
        yield opened


async def _open_venue(
    stack: AsyncExitStack, settings: ChainSettings, client: RpcClient, view: PoolView, dsn: str
) -> UniswapV3Venue:
    pool = await open_pool(dsn, role=ORCHESTRATOR_ROLE)
    stack.push_async_callback(pool.close)
    signer = load_signer(WalletSettings(wallet_key=SecretStr(TRADER_KEY)))
    manager = make_transaction_manager(
        settings, signer, client, TransactionJournal(pool, settings.chain_id, TRADER)
    )
    count = await client.call("eth_getTransactionCount", TRADER, "latest")
    await manager.journal.register(parse_quantity(count))
    venue = make_venue(settings, signer, client, manager, view, RecordedPlans())
    owner = await open_pool(dsn, max_size=1)
    stack.push_async_callback(owner.close)
    build = venue.build_swap_tx

    async def build_once_recorded(order: SwapOrder) -> SwapTransaction:
        """The coordinator would have recorded the plan by now, and there is none here."""
        await record_plans(owner, order.plan_event)
        return await build(order)

    venue.build_swap_tx = build_once_recorded  # type: ignore[method-assign]
    return venue


async def _snapshots(client: RpcClient, chain: DevChain) -> list[Any]:
    pools = await market.all_pools(client, chain.deployment)
    return await load_pools(client, chain.deployment.contracts.tick_lens, pools)


class TestContract(VenueContract):
    """The tests of the venue contract, on a chain."""


def test_it_signs_and_submits_apart(harness: ChainHarness) -> None:
    assert isinstance(harness.venue, SigningVenue)


async def balances(client: RpcClient, step: ExecutionStep) -> tuple[int, int]:
    reads = [Read(one, BALANCE_OF, (TRADER,)) for one in (step.token_in, step.token_out)]
    (sold,), (bought,) = await client.read_all(reads)
    return sold, bought


async def execute(
    client: RpcClient, harness: ChainHarness, order: SwapOrder
) -> tuple[ExecutionStep, int, int]:
    """Swap; check that fills and balances agree and the plan's promise held."""
    before = await balances(client, order.step)
    receipt = await settled(harness, await submit(harness.venue, order))
    after = await balances(client, order.step)
    assert receipt.revert_reason is None, receipt.revert_detail
    (fill,) = receipt.fills
    assert (before[0] - after[0], after[1] - before[1]) == (fill.amount_in, fill.amount_out)
    assert fill.amount_in == order.step.amount_in
    assert fill.amount_out >= order.step.min_out
    return order.step, fill.amount_in, fill.amount_out


@pytest.mark.parametrize("router", ["swap_router", "swap_router_02"])
@pytest.mark.parametrize("side", ["acquire", "dispose"])
@pytest.mark.parametrize("pair", [("WETH", "USDC"), ("WBTC", "USDC"), ("LINK", "WETH")])
async def test_both_sides_in_both_token_orders_through_both_routers(
    client: RpcClient, open_harness: OpenHarness, router: str, side: str, pair: tuple[str, str]
) -> None:
    async with open_harness(swap_router=router) as harness:
        assets = (token(pair[0]), token(pair[1]))
        order = harness.order(1, intent_type=side, assets=assets, amount=Decimal("0.05"))
        step, _, amount_out = await execute(client, harness, order)
        # Nothing but the plan moved the pools. An acquire is quoted exact-out and executed
        # exact-in: the input, rounded up, may buy a few units more.
        surplus = amount_out - step.route.amount_out
        assert surplus == 0 if side == "dispose" else 0 <= surplus < amount_out // 10**6


@pytest.mark.parametrize("router", ["swap_router", "swap_router_02"])
@pytest.mark.parametrize("path", ["two_hop", "split"])
async def test_routes_of_several_pools_are_one_transaction(
    client: RpcClient, open_harness: OpenHarness, router: str, path: str
) -> None:
    async with open_harness(swap_router=router, approval="capped") as harness:
        view = harness.market
        if path == "two_hop":
            sold, bought, amount = token("LINK"), token("USDC"), 3 * 10**18
            connecting = view.connecting(sold, bought)
            route: TwoHopRoute | SplitRoute | None = best_two_hop_exact_in(
                connecting, sold, bought, amount
            )
        else:
            sold, bought, amount = token("USDC"), token("WETH"), 300_000 * 10**6
            route = best_split_exact_in(view.pools(sold, bought), sold, amount, None)
        assert route is not None
        template = harness.order(1)
        step = ExecutionStep(
            venue=UNISWAP_V3,
            base=sold,
            quote=bought,
            token_in=sold.address,
            token_out=bought.address,
            amount_in=route.amount_in,
            min_out=minimum_after_slippage(route.amount_out, SLIPPAGE),
            route=route.quote,
        )
        assert step.route.path == path
        _, _, amount_out = await execute(client, harness, replace(template, step=step))
        assert amount_out == route.amount_out


async def test_an_exact_approval_leaves_nothing_and_a_capped_one_serves_again(
    client: RpcClient, dev_chain: DevChain, open_harness: OpenHarness
) -> None:
    router = dev_chain.deployment.contracts.swap_router
    async with open_harness() as harness:
        start = (await harness.venue._journal.wallet()).next_nonce
        step, *_ = await execute(client, harness, harness.order(1))
        assert await client.read(Read(step.token_in, ALLOWANCE, (TRADER, router))) == (0,)
        # an approval and the swap
        assert (await harness.venue._journal.wallet()).next_nonce == start + 2
    async with open_harness(approval="capped", approval_cap_multiple=3) as harness:
        journal = harness.venue._journal
        start = (await journal.wallet()).next_nonce
        for number in range(2, 5):
            await execute(client, harness, harness.order(number))
        assert (await journal.wallet()).next_nonce == start + 4


async def test_what_would_revert_or_cannot_be_paid_never_gets_a_nonce(
    client: RpcClient, harness: ChainHarness
) -> None:
    journal = harness.venue._journal
    before = (await journal.wallet()).next_nonce
    greedy = harness.order(1, min_out=10**30)
    poor = harness.order(2)
    (held,) = await client.read(Read(poor.step.token_in, BALANCE_OF, (TRADER,)))
    poor = replace(poor, step=poor.step.model_copy(update={"amount_in": held + 1}))
    for order, reason in (
        (greedy, ExecutionFailureReason.TOO_LITTLE_RECEIVED),
        (poor, ExecutionFailureReason.INSUFFICIENT_BALANCE),
    ):
        with pytest.raises(StepRefused) as first:
            await submit(harness.venue, order)
        assert first.value.reason is reason
        # The decision is recorded, so a repetition gives the same one.
        with pytest.raises(StepRefused) as again:
            await submit(harness.another, order)
        assert (again.value.detail, again.value.decided_at) == (
            first.value.detail,
            first.value.decided_at,
        )
    assert (await journal.wallet()).next_nonce == before


async def unrecorded(venue: UniswapV3Venue, order: SwapOrder) -> SwapTransaction:
    """Build the order's transaction, and do not have its plan recorded."""
    return await UniswapV3Venue.build_swap_tx(venue, order)


async def test_nothing_is_signed_until_its_plan_is_recorded(harness: ChainHarness) -> None:
    """Given a plan that is not recorded, then its order waits; it is signed once it is."""
    venue, order = harness.venue, harness.order(1)
    before = (await venue._journal.wallet()).next_nonce
    transaction = await unrecorded(venue, order)
    with pytest.raises(NotYet):
        await venue.sign_tx(transaction)
    assert (await venue._journal.wallet()).next_nonce == before
    signing = asyncio.create_task(venue.sign_tx(transaction))
    await harness.another.build_swap_tx(order)
    signed = await signing
    assert signed.wallet == TRADER


async def test_a_plan_the_ledger_has_no_place_for_is_never_signed(
    harness: ChainHarness,
) -> None:
    """Given another event in the plan's place, then the order is refused, and for ever."""
    venue, order = harness.venue, harness.order(1)
    before = (await venue._journal.wallet()).next_nonce
    place = order.plan_event
    await venue.build_swap_tx(
        replace(order, plan_event=place._replace(event_id=place.event_id[::-1]))
    )
    for asked in (venue, harness.another):
        with pytest.raises(StepRefused) as refused:
            await asked.sign_tx(await unrecorded(asked, order))
        assert refused.value.reason is ExecutionFailureReason.PLAN_SUPERSEDED
    assert (await venue._journal.wallet()).next_nonce == before


async def test_a_second_plan_of_one_id_is_never_signed(harness: ChainHarness) -> None:
    """Given a recorded plan, then another one of its id is told apart, before it and after."""
    venue, order = harness.venue, harness.order(1)
    other = replace(order, plan_event=order.plan_event._replace(body_sha256=b"x" * 32))
    transaction = await venue.build_swap_tx(order)
    with pytest.raises(AnotherPlanRecorded):
        await venue.sign_tx(await unrecorded(venue, other))
    await venue.sign_tx(transaction)
    with pytest.raises(AnotherPlanRecorded):
        await venue.sign_tx(await unrecorded(venue, other))


async def test_a_swap_overtaken_by_the_market_fails_with_its_reason(
    client: RpcClient, dev_chain: DevChain, node: DevelopmentNode, harness: ChainHarness
) -> None:
    """Given a signed swap, when somebody moves the price first, then it reverts and says why."""
    order = harness.order(1)
    exact = order.step.model_copy(update={"min_out": order.step.route.amount_out})
    order = replace(order, step=exact)
    signed = await harness.venue.sign_tx(await harness.venue.build_swap_tx(order))
    await market.approve_router(node, dev_chain.deployment)
    for snapshot in harness.market.pools(order.step.base, order.step.quote):
        await market.swap(
            node, dev_chain.deployment, snapshot.snapshot, zero_for_one=True, amount_in=10**12
        )
    await harness.venue.broadcast_tx(signed.tx_hash)
    receipt = await settled(harness, signed.tx_hash)
    assert receipt.revert_reason is ExecutionFailureReason.TOO_LITTLE_RECEIVED
    assert receipt.proof == "reverted"
    assert receipt.fills == ()


async def test_an_allowance_used_up_while_the_swap_is_tried_refuses_nothing(
    node: DevelopmentNode, harness: ChainHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given another swap of ours that is mined between the reading and the simulation.

    Its approval is there when the allowance is read, and used up when the swap is tried.
    """
    order = harness.order(1)
    venue, step = harness.venue, order.step
    transaction = await venue.build_swap_tx(order)
    await approve(node, step.token_in, venue._router, step.amount_in)
    preflight = venue._parts.preflight
    simulate = preflight._simulate

    async def overtaken(simulation: Call) -> Reply:
        await approve(node, step.token_in, venue._router, 0)
        return await simulate(simulation)

    with monkeypatch.context() as patch:
        patch.setattr(preflight, "_simulate", overtaken)
        with pytest.raises(VenueUnavailable, match="the allowance changed"):
            await preflight.run(step, transaction.data)
    assert isinstance(await preflight.run(step, transaction.data), Ready)


async def approve(node: DevelopmentNode, token_address: str, spender: str, amount: int) -> None:
    await node.impersonate(TRADER)
    await node.send(TRADER, token_address, approval_calldata(spender, amount))
    await node.stop_impersonating(TRADER)


async def test_without_simulation_the_quoter_decides(
    client: RpcClient, harness: ChainHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a node that does not know eth_simulateV1, then swaps are judged all the same."""
    monkeypatch.setattr(
        "actors.venues.uniswap_v3.preflight.SIMULATE", "eth_noSuchMethod", raising=True
    )
    with pytest.raises(StepRefused) as refused:
        await submit(harness.venue, harness.order(1, min_out=10**30))
    assert refused.value.reason is ExecutionFailureReason.TOO_LITTLE_RECEIVED
    await execute(client, harness, harness.order(2))
