"""Somebody opens a pool at a false price on a real chain; nothing is traded at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import pytest

from actors.planner.actors import plan_intent
from actors.planner.ports import PlannerPorts
from actors.risk.actors import assess_intent
from actors.risk.ports import RiskPorts
from tests.integration.devchain.market import all_pools, load_pools
from tests.support.factories import LINK, REGISTRY, USDC, WBTC, WETH, cache_of, submitted
from tests.support.limits import PLAN_LIMITS, PRICE_LIMITS, RISK_LIMITS
from tests.support.portfolio_stage import judged, portfolio_ports
from tradewind.contracts.instruments.assets import Asset
from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER
from tradewind.operations.embedded.devchain.blueprint import TOKENS, UNISWAP_DEPLOYER
from tradewind.operations.embedded.devchain.deployer import ETHER_WEI, NO_DEADLINE
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.trading.chain.contract_interface import Function, Read
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.uniswap_v3 import CREATE_POOL, GET_POOL, MINT_POSITION
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.pricing.pools.price_quote import PriceQuote
from tradewind.trading.pricing.swap.tick_math import sqrt_ratio_at_tick

ENABLE_FEE: Final = Function("enableFeeAmount", ("uint24", "int24"))
FREE_FEE_PIPS: Final = 100
"""A tier that the dev chain has no pools of; main net has it."""
CENT_TICK: Final = 322_378
"""One cent for a WETH: WETH is token1, so more WETH per USDC is a higher tick."""
BILLION_TICK: Final = 69_081
"""A billion dollars for a WETH."""
AT_EDGE, INSIDE, BELOW_EDGE = 0, 1, 2
EIGHT_THOUSAND_USDC: Final = 8_000 * 10**6


@dataclass(frozen=True)
class Attack:
    """A pool in the free fee tier with one position, one tick wide, and where its price stands."""

    pair: tuple[Asset, Asset]
    """Token0 and token1."""
    tick: int
    amounts: tuple[int, int]
    """The most of token0 and token1 that is put in, in base units."""
    place: int = AT_EDGE

    @property
    def sqrt_price_x96(self) -> int:
        """The price it opens at: the lower edge of the position, its middle, or near its end."""
        low, high = sqrt_ratio_at_tick(self.tick), sqrt_ratio_at_tick(self.tick + 1)
        return (low, (low + high) // 2, high - 1)[self.place]


CHEAP = Attack((USDC, WETH), CENT_TICK, (EIGHT_THOUSAND_USDC, 0))
DEAR = Attack((USDC, WETH), BILLION_TICK, (10**4, 65 * 10**11), INSIDE)
DEAR_AND_DEEP = Attack((USDC, WETH), BILLION_TICK, (EIGHT_THOUSAND_USDC, ETHER_WEI), INSIDE)
CHEAP_INTERMEDIATE = Attack((WBTC, WETH), 0, (10, 2 * ETHER_WEI), BELOW_EDGE)
"""It only buys, and pays as many wei as a WBTC has base units."""
DEAR_INTERMEDIATE = Attack((WBTC, WETH), 400_000, (10**3, 3 * ETHER_WEI), INSIDE)
HARMLESS = {
    "a cent for a WETH": CHEAP,
    "a billion for a WETH": DEAR,
    "a billion, with 8,000 dollars": DEAR_AND_DEEP,
    "a false price of WBTC in WETH": CHEAP_INTERMEDIATE,
    "a dear price of WBTC in WETH": DEAR_INTERMEDIATE,
}
WETH_INTENT: dict[str, Any] = {"assets": (WETH, USDC), "amount": Decimal(1)}
INTENTS = {
    "WETH": WETH_INTENT,
    "WBTC": {"assets": (WBTC, USDC), "amount": Decimal("0.05")},
    "LINK": {"assets": (LINK, USDC), "amount": Decimal(100)},
    "LINK for WETH": {"assets": (LINK, WETH), "amount": Decimal(100), "intent_type": "dispose"},
}


async def opened(node: DevelopmentNode, chain: DevChain, attack: Attack) -> str:
    """Open the pool with its position, as anybody can; return its address."""
    contracts = chain.deployment.contracts
    await node.set_balance(UNISWAP_DEPLOYER, ETHER_WEI)
    await node.impersonate(UNISWAP_DEPLOYER)
    await node.send(UNISWAP_DEPLOYER, contracts.factory, ENABLE_FEE.encode(FREE_FEE_PIPS, 1))
    await node.stop_impersonating(UNISWAP_DEPLOYER)
    key = (*(token.address for token in attack.pair), FREE_FEE_PIPS)
    manager = contracts.position_manager
    await node.send(LIQUIDITY_PROVIDER, manager, CREATE_POOL.encode(*key, attack.sqrt_price_x96))
    limits = (*attack.amounts, 0, 0, LIQUIDITY_PROVIDER, NO_DEADLINE)
    position = MINT_POSITION.encode((*key, attack.tick, attack.tick + 1, *limits))
    await node.send(LIQUIDITY_PROVIDER, manager, position)
    (pool,) = await node.client.read(Read(contracts.factory, GET_POOL, key))
    return str(pool)


async def market_of(client: RpcClient, chain: DevChain) -> PoolView:
    """Return the market as the roles see it."""
    pools = await all_pools(client, chain.deployment)
    snapshots = await load_pools(client, chain.deployment.contracts.tick_lens, pools)
    return PoolView(cache_of(snapshots), REGISTRY)


async def decided(market: PoolView, intent: dict[str, Any]) -> Sequence[Any]:
    """Return what risk says, and what the planner says of that."""
    (pool, *_) = market.pools(WETH, USDC)
    now = pool.snapshot.block_time
    event = submitted(at=now, **intent)
    events = await assess_intent(event, RiskPorts(market, RISK_LIMITS, now=lambda: now))
    if events[-1].topic == "risk.screened":
        _, accepted = await judged(events[-1], portfolio_ports(lambda: now))
        ports = PlannerPorts(market, PLAN_LIMITS, now=lambda: now)
        events += await plan_intent(accepted, ports)
    return [event.payload for event in events]


@pytest.mark.parametrize("attack", HARMLESS.values(), ids=HARMLESS)
async def test_a_pool_of_eight_thousand_dollars_changes_no_decision(
    dev_chain: DevChain, client: RpcClient, node: DevelopmentNode, attack: Attack
) -> None:
    before = await market_of(client, dev_chain)
    pool = await opened(node, dev_chain, attack)
    after = await market_of(client, dev_chain)
    assert after.pool("ethereum", pool) is not None

    for name, intent in INTENTS.items():
        honest, attacked = [await decided(market, intent) for market in (before, after)]
        assert [one.topic for one in honest] == ["risk.screened", "plan.created"]
        assert [one.topic for one in attacked] == [one.topic for one in honest], name
        assert attacked[0].notional_usd == honest[0].notional_usd
        assert attacked[0].priority == honest[0].priority
        assert attacked[0].max_amount_in == honest[0].max_amount_in
        assert attacked[0].min_amount_out == honest[0].min_amount_out


async def test_a_hundred_weth_are_never_a_dollar(
    dev_chain: DevChain, client: RpcClient, node: DevelopmentNode
) -> None:
    """By virtual reserve alone the false pool is the deepest of all, and says one cent."""
    await opened(node, dev_chain, CHEAP)
    market = await market_of(client, dev_chain)
    fooled = market.price_usd(WETH)
    assert isinstance(fooled, PriceQuote)
    assert fooled.price_usd < Decimal("0.02")

    (rejected,) = await decided(market, WETH_INTENT | {"amount": Decimal(100)})

    assert rejected.reason == "NOTIONAL_LIMIT"
    assert Decimal(rejected.detail.split()[1]) > 299_000


async def test_a_pool_with_real_money_at_a_false_price_stops_its_token_and_is_named(
    dev_chain: DevChain, client: RpcClient, node: DevelopmentNode
) -> None:
    """Fifty thousand dollars at ten percent more, which nobody corrects here; all others trade."""
    tick = _tick_of(Decimal(3_300))
    amounts = (50_000 * 10**6, 50 * ETHER_WEI)
    pool = await opened(node, dev_chain, Attack((USDC, WETH), tick, amounts, INSIDE))
    market = await market_of(client, dev_chain)
    for intent in (WETH_INTENT, INTENTS["LINK"]):
        (rejected,) = await decided(market, intent)
        assert rejected.reason == "PRICE_UNAVAILABLE"
        assert pool in rejected.detail
        assert "% apart" in rejected.detail
    assert isinstance(market.price_usd(USDC, PRICE_LIMITS), PriceQuote)


def _tick_of(price: Decimal) -> int:
    """Return the tick of USDC in WETH, where a WETH costs this much."""
    ratio = Decimal(10) ** (TOKENS["WETH"].decimals - TOKENS["USDC"].decimals) / price
    return int(ratio.ln() / Decimal("1.0001").ln())
