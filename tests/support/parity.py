"""Decides one trade by the roles' functions and by the cores, so that a test can compare them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from actors.planner.decide import decide as plan
from actors.planner.quoting import read_market
from actors.risk.decide import decide as assess
from actors.risk.screening import Prices
from actors.venues.contract import SwapOrder
from actors.venues.simulated.execution import MarketState, execute
from actors.venues.simulated.swap import route_pools
from tests.support.factories import NOW, REGISTRY, WINDOW, accepted, submitted
from tests.support.limits import PLAN_LIMITS, PRICE_LIMITS, RISK_LIMITS, SIMULATION
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.contracts.plans.model import ExecutionStep
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
from tradewind.contracts.risk.payloads import RiskRejected, RiskScreened
from tradewind.trading.cores.behaviour import Behaviour, behaviour_of, price_move_ppm, shares
from tradewind.trading.cores.costs import Costs
from tradewind.trading.cores.fill import Revert, Sale, fill
from tradewind.trading.cores.judge import Order, OrderLimits, SeenPrice, judge
from tradewind.trading.cores.plan_swap import NoSwap, SwapTerms, plan_swap
from tradewind.trading.cores.worth import Spending, SpendingTerms, spending_of
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.pricing.pools.price_quote import NoPrice, PriceQuote
from tradewind.trading.pricing.pools.snapshot_cache import SnapshotCache
from tradewind.trading.pricing.pools.snapshot_keys import snapshot_key
from tradewind.trading.pricing.swap.router import PreparedPool, Router
from tradewind.trading.wallet.plan_event import PlanEvent

SIMULATED = replace(SIMULATION, partial_fill_probability=Decimal("0.3"))
GAS_USD_SYMBOL = "WETH"
LIMITS = RISK_LIMITS.model_copy(update={"max_notional_usd": Decimal(200_000)})
"""Large enough for orders that are worth a split."""


class Trade(NamedTuple):
    """What a strategy asks for on some market."""

    number: int
    is_acquire: bool
    pair: tuple[Asset, Asset]
    amount: Decimal
    slippage: Decimal


class Decided(NamedTuple):
    """What became of a trade: a refusal, or amounts in base units."""

    refusal: str | None = None
    amount_in: int = 0
    min_out: int = 0
    cost_usd: Decimal = Decimal(0)
    fills: tuple[tuple[int, int], ...] = ()
    """Amounts in and out; none of a swap that was reverted."""
    revert: str | None = None
    path: str = ""
    """`direct`, `two_hop` or `split`."""
    pools: tuple[str, ...] = ()


class Market(NamedTuple):
    """The same pools as roles read them when a trade is decided, and when it arrives."""

    now: PoolView
    arrival: PoolView


def market_of(
    router: Router, now: Sequence[PoolSnapshot], arrival: Sequence[PoolSnapshot]
) -> Market:
    """Return a market; the pools of arrival are those of the decision at another state."""
    caches = SnapshotCache(router), SnapshotCache(router)
    fresh = [one.model_copy(update={"block_time": NOW}) for one in now]
    known = {one.pool: router.prepare(one) for one in fresh}
    for pool in known.values():
        caches[0].restore(snapshot_key(pool.snapshot), pool, pool.snapshot.tick)
    for one in arrival:
        moved = known[one.pool].at(one.sqrt_price_x96, one.tick, one.liquidity)
        caches[1].restore(snapshot_key(one), moved, None)
    return Market(PoolView(caches[0], REGISTRY), PoolView(caches[1], REGISTRY))


def random_trade(random: Random, number: int, pairs: Sequence[tuple[Asset, Asset]]) -> Trade:
    """Return a trade worth a cent to millions of dollars, with none to 5 % of slippage."""
    base, quote = random.choice(pairs)
    whole = Decimal(random.randint(1, 10**6)).scaleb(random.choice([-7, -6, -5, -4]))
    slippage = Decimal(random.choice([0, 1, 10, 50, 100, 500])).scaleb(-4)
    amount = whole.quantize(Decimal(1).scaleb(-min(base.decimals, 12)))
    return Trade(number, random.random() < 0.5, (base, quote), amount, slippage)


def by_roles(trade: Trade, market: Market) -> Decided:
    """Return what risk, planner and the simulated venue decide, through their payloads."""
    changes = {
        "intent_type": "acquire" if trade.is_acquire else "dispose",
        "assets": trade.pair,
        "amount": trade.amount,
        "slippage": trade.slippage,
    }
    event, view = submitted(trade.number, **changes), market.now
    prices = Prices(*(view.price_usd(one, PRICE_LIMITS) for one in trade.pair))
    screened = assess(event, prices, LIMITS, NOW)[0].payload
    if isinstance(screened, RiskRejected):
        return Decided(screened.reason)
    assert isinstance(screened, RiskScreened)
    bounds = {"max_amount_in": screened.max_amount_in, "min_amount_out": screened.min_amount_out}
    approved = accepted(trade.number, **changes)
    approved = approved.model_copy(update={"payload": approved.payload.model_copy(update=bounds)})
    reading = read_market(view, event.payload.intent, PRICE_LIMITS)
    (planned,) = plan(approved, reading, PLAN_LIMITS, NOW)
    if isinstance(planned.payload, PlanRejected):
        return Decided(planned.payload.reason)
    assert isinstance(planned.payload, PlanCreated)
    cost_usd = planned.payload.plan.estimated_cost
    order = _order(planned.payload.steps[0], PlanEvent.of(planned), planned.payload.plan_id)
    return _executed(order, market.arrival, hash_of(trade), cost_usd)


def _order(step: ExecutionStep, plan_event: PlanEvent, plan_id: str) -> SwapOrder:
    return SwapOrder(plan_id, 0, "demo", step, NOW + WINDOW, plan_event, "demo")


def _executed(order: SwapOrder, arrival: PoolView, tx_hash: str, cost_usd: Decimal) -> Decided:
    step = order.step
    addresses = route_pools(step)
    pools = _pools(arrival, step.base.chain, addresses)
    late = NOW + timedelta(seconds=12)
    record = execute(order, MarketState(pools, None, None), tx_hash, SIMULATED, late)
    return Decided(
        amount_in=step.amount_in,
        min_out=step.min_out,
        cost_usd=cost_usd,
        fills=tuple((one.amount_in, one.amount_out) for one in record.fills),
        revert=record.revert_reason,
        path=step.route.path,
        pools=addresses,
    )


def _pools(view: PoolView, chain: str, addresses: Sequence[str]) -> list[PreparedPool]:
    found = [view.pool(chain, address) for address in addresses]
    return [pool for pool in found if pool is not None]


def hash_of(trade: Trade) -> str:
    """Return what the venue draws by."""
    return f"0x{trade.number:064x}"


def by_cores(trade: Trade, market: Market) -> Decided:
    """Return what the cores decide on plain numbers."""
    view, (base, quote) = market.now, trade.pair
    seen = [_seen(view.price_usd(one, PRICE_LIMITS)) for one in trade.pair]
    order = Order(not trade.is_acquire, trade.amount, trade.slippage, *seen)
    limits = OrderLimits(LIMITS.max_notional_usd, LIMITS.max_slippage)
    if (reason := judge(order, limits).reason) is not None:
        return Decided(reason)
    native = _seen(view.price_usd_of_symbol(base.chain, GAS_USD_SYMBOL, PRICE_LIMITS))
    base_price, quote_price = seen
    assert base_price is not None
    if quote_price is None or native is None:
        return Decided("NO_PRICE")
    terms = _terms(trade, base_price.usd, quote_price.usd)
    costs = Costs(quote.decimals, quote_price.usd, native.usd, PLAN_LIMITS.gas_price_wei)
    direct, connecting = view.pools(base, quote), view.connecting(base, quote)
    planned = plan_swap(terms, direct, connecting, costs.quote_base_units_per_gas)
    if isinstance(planned, NoSwap):
        return Decided(planned.reason)
    addresses = tuple(part.pool.shape.pool for part in planned.route.parts)
    pools = _pools(market.arrival, base.chain, addresses)
    sale = Sale.of(terms, planned)
    filled = fill(sale, pools, **_draws(hash_of(trade)))
    is_short = filled.revert is Revert.TOO_LITTLE
    return Decided(
        amount_in=sale.amount_in,
        min_out=sale.min_out,
        cost_usd=costs.route_usd(planned.route, trade.pair, is_acquire=trade.is_acquire),
        fills=filled.parts,
        revert=filled.revert and ("TOO_LITTLE_RECEIVED" if is_short else "REVERTED"),
        path=planned.route.path,
        pools=addresses,
    )


def _draws(tx_hash: str) -> Any:
    behaviour = behaviour_of(SIMULATED, "demo", tx_hash)
    return {
        "price_move_ppm": price_move_ppm(SIMULATED, tx_hash),
        "sizes": shares(SIMULATED, behaviour, tx_hash),
        "is_reverted": behaviour is Behaviour.REVERTED,
    }


def _seen(price: PriceQuote | NoPrice) -> SeenPrice | None:
    return None if isinstance(price, NoPrice) else SeenPrice(price.price_usd)


def _terms(trade: Trade, base_usd: Decimal, quote_usd: Decimal) -> SwapTerms:
    base, quote = trade.pair
    amount = int(trade.amount.scaleb(base.decimals))
    asked = SpendingTerms(
        not trade.is_acquire, trade.amount, amount, base_usd, quote_usd, quote.decimals
    )
    spending: Spending = spending_of(asked, LIMITS.max_price_impact, LIMITS.max_notional_usd)
    return SwapTerms(base, quote, trade.is_acquire, amount, trade.slippage, spending)
