"""Computes all fills of a simulated swap at the moment it is submitted.

It depends on nothing but its arguments, which the record names: so fills can be derived again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from actors.venues.contract import SwapOrder
from actors.venues.simulated.behaviour import (
    Behaviour,
    SimulationSettings,
    behaviour_of,
    fills_kept,
    latency_ms,
    price_move_ppm,
    shares,
)
from actors.venues.simulated.record import GasCharge, SimulatedFill, SimulatedTransaction
from actors.venues.simulated.swap import Swapped, swap
from tradewind.contracts.execution.pool_fees import pool_fee
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.execution.simulation import ExecutionInputs
from tradewind.contracts.instruments.pools import ChainHead
from tradewind.trading.pricing.swap.router import PreparedPool

PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class MarketState:
    """What an order is executed against, beside settings and time."""

    pools: Sequence[PreparedPool]
    """Those of its route, in order."""
    head: ChainHead | None
    """The newest block of a real chain, which says what gas costs."""
    observation: str | None
    """The content id under which all of the market is kept."""


def abandoned(now: datetime) -> SimulatedTransaction:
    """Return a record that prevents a late order from being executed later."""
    return SimulatedTransaction(
        outcome="abandoned",
        settled_at=now,
        revert_reason=ExecutionFailureReason.REVERTED,
        revert_detail="the deadline passed before submission",
    )


def cancelled(now: datetime) -> SimulatedTransaction:
    """Return a record that prevents an order of a cancelled intent from being executed later."""
    return SimulatedTransaction(
        outcome="cancelled",
        settled_at=now,
        revert_reason=ExecutionFailureReason.CANCELLED,
        revert_detail="the intent was cancelled before submission",
    )


def refused(now: datetime) -> SimulatedTransaction:
    """Return a record of an order that the venue never takes."""
    return SimulatedTransaction(
        outcome="refused",
        settled_at=now,
        revert_reason=ExecutionFailureReason.VENUE_REFUSED,
        revert_detail="the simulated venue takes no order of this strategy",
    )


def superseded(now: datetime, detail: str) -> SimulatedTransaction:
    """Return a record of an order whose plan the ledger will never have."""
    return SimulatedTransaction(
        outcome="refused",
        settled_at=now,
        revert_reason=ExecutionFailureReason.PLAN_SUPERSEDED,
        revert_detail=detail,
    )


def execute(
    order: SwapOrder,
    market: MarketState,
    tx_hash: str,
    settings: SimulationSettings,
    now: datetime,
) -> SimulatedTransaction:
    """Swap against the route's pools after a small price move; below `min_out` it is reverted."""
    behaviour = behaviour_of(settings, order.strategy_id, tx_hash)
    swapped = swap(order.step, market.pools)
    amount_out = swapped.amount_out * (PPM + price_move_ppm(settings, tx_hash)) // PPM
    delay = timedelta(milliseconds=latency_ms(settings, behaviour, tx_hash))
    inputs = ExecutionInputs(market=market.observation, settings=settings.terms, submitted_at=now)
    gas = GasCharge(
        gas_used=order.step.route.gas_estimate, gas_price_wei=_gas_price_wei(market, settings)
    )
    revert = _revert(order, swapped, amount_out, behaviour)
    if revert is not None:
        reason, detail = revert
        return SimulatedTransaction(
            outcome="reverted",
            settled_at=now + delay,
            revert_reason=reason,
            revert_detail=detail,
            block_number=swapped.block_number + 1,
            gas=gas,
            inputs=inputs,
        )
    sizes = _sizes(order, amount_out, settings, behaviour, tx_hash)
    fills = _fills(order, swapped.block_number, amount_out, sizes, now, delay)
    kept = fills[: fills_kept(settings, behaviour, tx_hash, len(fills))]
    if len(kept) < len(fills):
        return _withdrawn(order, kept, delay, gas, inputs)
    return SimulatedTransaction(
        outcome="filled", settled_at=fills[-1].at, fills=fills, gas=gas, inputs=inputs
    )


def _gas_price_wei(market: MarketState, settings: SimulationSettings) -> int:
    if market.head is None:
        return settings.gas_price_wei
    return market.head.base_fee_per_gas_wei + market.head.priority_fee_per_gas_wei


def _sizes(
    order: SwapOrder,
    amount_out: int,
    settings: SimulationSettings,
    behaviour: Behaviour,
    tx_hash: str,
) -> list[int]:
    """Return the relative sizes of the fills, of which none may be of nothing."""
    sizes = shares(settings, behaviour, tx_hash)
    return [1] if min(order.step.amount_in, amount_out) < sum(sizes) else sizes


def _fills(
    order: SwapOrder,
    block_number: int,
    amount_out: int,
    sizes: list[int],
    now: datetime,
    delay: timedelta,
) -> tuple[SimulatedFill, ...]:
    parts = zip(split(order.step.amount_in, sizes), split(amount_out, sizes), strict=True)
    return tuple(
        SimulatedFill(
            amount_in=part_in,
            amount_out=part_out,
            block_number=block_number + 1 + index,
            at=now + delay * (index + 1),
            pool_fee=pool_fee(order.step.route, part_in),
        )
        for index, (part_in, part_out) in enumerate(parts)
    )


def _withdrawn(
    order: SwapOrder,
    fills: tuple[SimulatedFill, ...],
    delay: timedelta,
    gas: GasCharge,
    inputs: ExecutionInputs,
) -> SimulatedTransaction:
    """Return a record of an order of which nothing more is filled.

    One that was not filled at all has paid no gas, as nothing of it was ever mined.
    """
    return SimulatedTransaction(
        outcome="withdrawn",
        settled_at=fills[-1].at + delay if fills else order.deadline,
        fills=fills,
        revert_reason=ExecutionFailureReason.CANCELLED,
        revert_detail="the venue cancelled what it had not filled"
        if fills
        else "nothing was filled before the deadline",
        gas=gas if fills else None,
        inputs=inputs,
    )


def _revert(
    order: SwapOrder, swapped: Swapped, amount_out: int, behaviour: Behaviour
) -> tuple[ExecutionFailureReason, str] | None:
    if behaviour is Behaviour.REVERTED:
        detail = "the simulated venue reverts the swaps of this strategy"
        return ExecutionFailureReason.REVERTED, detail
    if not swapped.is_filled:
        return ExecutionFailureReason.REVERTED, "a pool cannot take the whole input"
    if amount_out < order.step.min_out:
        detail = f"{amount_out} of at least {order.step.min_out} base units"
        return ExecutionFailureReason.TOO_LITTLE_RECEIVED, detail
    return None


def split(amount: int, sizes: list[int]) -> list[int]:
    """Return `amount` in parts of these relative sizes; they add up to it exactly."""
    total = sum(sizes)
    edges = [amount * sum(sizes[:index]) // total for index in range(len(sizes) + 1)]
    return [end - start for start, end in pairwise(edges)]
