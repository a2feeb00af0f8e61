"""Computes all fills of a simulated swap at the moment it is submitted.

It depends on nothing but its arguments, which the record names: so fills can be derived again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from actors.venues.contract import SwapOrder
from actors.venues.simulated.behaviour import SimulationSettings
from actors.venues.simulated.record import GasCharge, SimulatedFill, SimulatedTransaction
from actors.venues.simulated.swap import newest_block, sale_of
from tradewind.contracts.execution.pool_fees import pool_fee
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.execution.simulation import ExecutionInputs
from tradewind.contracts.instruments.pools import ChainHead
from tradewind.trading.cores.behaviour import (
    Behaviour,
    behaviour_of,
    fills_kept,
    latency_ms,
    price_move_ppm,
    shares,
)
from tradewind.trading.cores.fill import Filled, Revert, fill
from tradewind.trading.pricing.swap.router import PreparedPool

REVERTS: Final = {
    Revert.CHOSEN: "the simulated venue reverts the swaps of this strategy",
    Revert.NOT_TAKEN: "a pool cannot take the whole input",
}


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
    filled = fill(
        sale_of(order.step),
        market.pools,
        price_move_ppm=price_move_ppm(settings, tx_hash),
        sizes=shares(settings, behaviour, tx_hash),
        is_reverted=behaviour is Behaviour.REVERTED,
    )
    block_number = newest_block(market.pools)
    delay = timedelta(milliseconds=latency_ms(settings, behaviour, tx_hash))
    inputs = ExecutionInputs(market=market.observation, settings=settings.terms, submitted_at=now)
    gas = GasCharge(
        gas_used=order.step.route.gas_estimate, gas_price_wei=_gas_price_wei(market, settings)
    )
    if filled.revert is not None:
        return _reverted(order, filled, filled.revert, block_number + 1, now + delay, gas, inputs)
    fills = _fills(order, block_number, filled, now, delay)
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


def _fills(
    order: SwapOrder, block_number: int, filled: Filled, now: datetime, delay: timedelta
) -> tuple[SimulatedFill, ...]:
    return tuple(
        SimulatedFill(
            amount_in=part_in,
            amount_out=part_out,
            block_number=block_number + 1 + index,
            at=now + delay * (index + 1),
            pool_fee=pool_fee(order.step.route, part_in),
        )
        for index, (part_in, part_out) in enumerate(filled.parts)
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


def _reverted(
    order: SwapOrder,
    filled: Filled,
    revert: Revert,
    block_number: int,
    at: datetime,
    gas: GasCharge,
    inputs: ExecutionInputs,
) -> SimulatedTransaction:
    """Return a record of an order that paid gas and was without effect."""
    reason = ExecutionFailureReason.REVERTED
    if revert is Revert.TOO_LITTLE:
        reason = ExecutionFailureReason.TOO_LITTLE_RECEIVED
    minimum = order.step.min_out
    too_little = f"{filled.amount_out} of at least {minimum} base units"
    return SimulatedTransaction(
        outcome="reverted",
        settled_at=at,
        revert_reason=reason,
        revert_detail=REVERTS.get(revert, too_little),
        block_number=block_number,
        gas=gas,
        inputs=inputs,
    )
