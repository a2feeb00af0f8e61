"""Makes orders as the planner would, with quotes of the chain itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count, islice
from typing import Final

from tests.support.settlement.audit import Order
from tradewind.contracts.envelope import AnyEvent, first_event, next_events
from tradewind.contracts.ids import (
    CorrelationKind,
    derive_plan_id,
    make_correlation_id,
    make_ulid,
)
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.intents.model import Intent, IntentConstraints
from tradewind.contracts.intents.payloads import IntentAccepted, IntentSubmitted
from tradewind.contracts.plans.model import ExecutionPlan, ExecutionStep, RouteQuote
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.contracts.risk.payloads import RiskApproved
from tradewind.contracts.roles import Role
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.venues import UNISWAP_V3
from tradewind.operations.embedded.devchain.deployment import Deployment
from tradewind.trading.chain.contract_interface import Read
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.uniswap_v3 import QUOTE_EXACT_INPUT_SINGLE

WINDOW: Final = timedelta(seconds=300)
PLAN_SEQUENCE: Final = 4
STRATEGY: Final = "drill"
TRADES: Final = (
    ("WETH", "USDC", "dispose", 500, 10**17),
    ("WETH", "USDC", "acquire", 3_000, 300 * 10**6),
    ("LINK", "WETH", "dispose", 3_000, 10 * 10**18),
    ("WETH", "DAI", "acquire", 3_000, 200 * 10**18),
)
"""Base, quote, side, fee of the pool, amount sold: both token orders, both directions."""
_numbers = count(1)


@dataclass(frozen=True)
class PlannedOrder:
    """An order, and the history up to its plan."""

    order: Order
    events: tuple[AnyEvent, ...]


@dataclass(frozen=True)
class _Trade:
    base: Asset
    quote: Asset
    side: str
    pool: str
    fee_pips: int
    amount_in: int
    number: int

    @property
    def sold_and_bought(self) -> tuple[Asset, Asset]:
        return (self.base, self.quote) if self.side == "dispose" else (self.quote, self.base)


async def plan_orders(
    client: RpcClient,
    deployment: Deployment,
    how_many: int,
    *,
    slippage_bps: int = 500,
    window: timedelta = WINDOW,
    trades: Sequence[tuple[str, str, str, int, int]] = TRADES,
) -> list[PlannedOrder]:
    """Return orders, each with an amount that no other order sells."""
    wanted = [
        _trade(deployment, trades[number % len(trades)], number)
        for number in islice(_numbers, how_many)
    ]
    reads = []
    for trade in wanted:
        sold, bought = trade.sold_and_bought
        question = (sold.address, bought.address, trade.amount_in, trade.fee_pips, 0)
        reads.append(Read(deployment.contracts.quoter_v2, QUOTE_EXACT_INPUT_SINGLE, (question,)))
    quotes = await client.read_all(reads)
    block = int(await client.call("eth_blockNumber"), 16)
    return [
        _planned(trade, _route(trade, quote, block), slippage_bps, window)
        for trade, quote in zip(wanted, quotes, strict=True)
    ]


def _trade(deployment: Deployment, trade: tuple[str, str, str, int, int], number: int) -> _Trade:
    base, quote, side, fee_pips, amount = trade
    (pool,) = [
        pool
        for pool in deployment.pools
        if {pool.token0, pool.token1} == {base, quote} and pool.fee_pips == fee_pips
    ]
    assets = (deployment.token(base).asset, deployment.token(quote).asset)
    return _Trade(*assets, side, pool.address, fee_pips, amount + number, number)


def _route(trade: _Trade, quote: tuple[int, int, int, int], block_number: int) -> RouteQuote:
    amount_out, sqrt_price_x96_after, ticks_crossed, gas_estimate = quote
    return RouteQuote(
        pool=trade.pool,
        fee_pips=trade.fee_pips,
        amount_in=trade.amount_in,
        amount_out=amount_out,
        ticks_crossed=ticks_crossed,
        # The quoter counts the gas of neither the transaction itself nor the transfers.
        gas_estimate=gas_estimate + 80_000,
        block_number=block_number,
        sqrt_price_x96_after=sqrt_price_x96_after,
    )


def _planned(
    trade: _Trade, route: RouteQuote, slippage_bps: int, window: timedelta
) -> PlannedOrder:
    now = datetime.now(UTC)
    sold, bought = trade.sold_and_bought
    step = ExecutionStep(
        venue=UNISWAP_V3,
        base=trade.base,
        quote=trade.quote,
        token_in=sold.address,
        token_out=bought.address,
        amount_in=trade.amount_in,
        min_out=route.amount_out * (10_000 - slippage_bps) // 10_000,
        route=route,
    )
    accepted = _accepted(trade, now, window)
    intent_id, correlation = accepted[0].payload.intent_id, accepted[0].correlation_id
    plan_id = derive_plan_id(correlation, PLAN_SEQUENCE)
    plan = ExecutionPlan(
        id=plan_id,
        intent_id=intent_id,
        steps=(step,),
        estimated_cost=Decimal(1),
        estimated_duration_ms=1_000,
        risk_score=Decimal(0),
    )
    created = PlanCreated(
        intent_id=intent_id,
        plan_id=plan_id,
        strategy_id=STRATEGY,
        steps=(step,),
        plan=plan,
        expires_at=now + window,
    )
    events = next_events(accepted[-1], [created], producer=Role.PLANNER, at=now)
    order = Order(correlation, plan_id, sold.address, bought.address, trade.amount_in, step.min_out)
    return PlannedOrder(order, (*accepted, *events))


def _accepted(trade: _Trade, now: datetime, window: timedelta) -> list[AnyEvent]:
    intent = Intent(
        strategy_id=STRATEGY,
        intent_type=trade.side,  # type: ignore[arg-type]
        assets=(trade.base, trade.quote),
        amount=Decimal(1),
        constraints=IntentConstraints(max_slippage=Decimal("0.05"), time_window=300),
    )
    intent_id = make_ulid(int(now.timestamp() * 1_000), trade.number.to_bytes(10))
    expires_at = now + window
    submitted = first_event(
        IntentSubmitted(intent_id=intent_id, intent=intent, expires_at=expires_at),
        correlation_id=make_correlation_id(CorrelationKind.INTENT, intent_id),
        key=EventKey(instrument=intent.instrument, portfolio=STRATEGY),
        producer=Role.GATEWAY,
        at=now,
    )
    approved = RiskApproved(
        intent_id=intent_id,
        notional_usd=Decimal(300),
        price_usd=Decimal(3_000),
        price_block_number=1,
        max_notional_usd=Decimal(10_000),
        max_slippage_limit=Decimal("0.05"),
    )
    accepted = IntentAccepted(
        intent_id=intent_id,
        intent=intent,
        expires_at=expires_at,
        notional_usd=Decimal(300),
        priority=2,
    )
    followed = next_events(submitted, [approved, accepted], producer=Role.RISK, at=now)
    return [submitted, *followed]
