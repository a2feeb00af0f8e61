"""Computes all fills of a simulated swap at the moment it is submitted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from pydantic import Field

from actors.venues.contract import Fill, Receipt, SwapOrder
from actors.venues.simulated.behaviour import (
    MAX_PARTIAL_FILLS,
    Behaviour,
    SimulationSettings,
    latency_ms,
    price_move_ppm,
    shares,
)
from actors.venues.simulated.swap import Swapped, swap
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.wire import BaseUnits, Document, Timestamp
from tradewind.trading.pricing.swap.router import PreparedPool

PPM = 1_000_000


class SimulatedFill(Document):
    """A fill, and the time from which the venue shows it."""

    amount_in: BaseUnits
    amount_out: BaseUnits
    block_number: int = Field(ge=0)
    at: Timestamp


class SimulatedTransaction(Document):
    """The only record of a transaction hash."""

    outcome: Literal["filled", "reverted", "abandoned", "cancelled"]
    """An order is abandoned when its deadline passed before it was submitted, and cancelled when
    its intent was."""
    settled_at: Timestamp
    fills: tuple[SimulatedFill, ...] = Field(default=(), max_length=MAX_PARTIAL_FILLS)
    revert_reason: ExecutionFailureReason | None = None
    revert_detail: str = ""

    def seen_at(self, tx_hash: str, now: datetime) -> Receipt:
        """Return the receipt as the venue shows it at this time."""
        fills = tuple(
            Fill(fill.amount_in, fill.amount_out, fill.block_number)
            for fill in self.fills
            if fill.at <= now
        )
        return Receipt(
            tx_hash=tx_hash,
            fills=fills,
            final=self.settled_at <= now,
            revert_reason=self.revert_reason,
            revert_detail=self.revert_detail,
        )

    def cut_by(self, cancellation: Cancellation, tx_hash: str, now: datetime) -> Receipt:
        """Return the final receipt: without what would have been filled after the request.

        A request after the last fill came too late, and one before the order finds nothing filled.
        """
        at = cancellation.requested_at
        if self.settled_at <= at:
            return self.seen_at(tx_hash, max(now, at))
        return Receipt(
            tx_hash=tx_hash,
            fills=tuple(
                Fill(fill.amount_in, fill.amount_out, fill.block_number)
                for fill in self.fills
                if fill.at <= at
            ),
            final=True,
            revert_reason=ExecutionFailureReason.CANCELLED,
            proof="cancelled",
            cancellation=cancellation,
        )

    def next_change_after(self, now: datetime) -> datetime:
        """Return when the receipt will next change."""
        coming = [fill.at for fill in self.fills if fill.at > now]
        return min(coming, default=self.settled_at)


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


def execute(
    order: SwapOrder,
    pools: Sequence[PreparedPool],
    tx_hash: str,
    settings: SimulationSettings,
    behaviour: Behaviour,
    now: datetime,
) -> SimulatedTransaction:
    """Swap against the route's pools after a small price move; below `min_out` it is reverted."""
    step = order.step
    swapped = swap(step, pools)
    amount_out = swapped.amount_out * (PPM + price_move_ppm(settings, tx_hash)) // PPM
    delay = timedelta(milliseconds=latency_ms(settings, behaviour, tx_hash))
    revert = _revert(order, swapped, amount_out)
    if revert is not None:
        reason, detail = revert
        return SimulatedTransaction(
            outcome="reverted", settled_at=now + delay, revert_reason=reason, revert_detail=detail
        )
    sizes = shares(settings, behaviour, tx_hash)
    if min(step.amount_in, amount_out) < sum(sizes):
        sizes = [1]
    fills = tuple(
        SimulatedFill(
            amount_in=part_in,
            amount_out=part_out,
            block_number=swapped.block_number + 1 + index,
            at=now + delay * (index + 1),
        )
        for index, (part_in, part_out) in enumerate(
            zip(split(step.amount_in, sizes), split(amount_out, sizes), strict=True)
        )
    )
    return SimulatedTransaction(outcome="filled", settled_at=fills[-1].at, fills=fills)


def _revert(
    order: SwapOrder, swapped: Swapped, amount_out: int
) -> tuple[ExecutionFailureReason, str] | None:
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
