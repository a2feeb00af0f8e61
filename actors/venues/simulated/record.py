"""The record of a simulated transaction, and the receipts that can be read from it."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from actors.venues.contract import NO_COST, Fill, Receipt
from tradewind.contracts.execution.payloads import TransactionCost
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.execution.simulation import ExecutionInputs
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.payload import is_absent
from tradewind.contracts.wire import BaseUnits, Document, Timestamp
from tradewind.trading.cores.behaviour import MAX_PARTIAL_FILLS


class SimulatedFill(Document):
    """A fill, and the time from which the venue shows it."""

    amount_in: BaseUnits
    amount_out: BaseUnits
    block_number: int = Field(ge=0)
    at: Timestamp
    pool_fee: BaseUnits | None = Field(None, exclude_if=is_absent)
    """What the pools kept of `amount_in`; absent in records of earlier releases."""


class GasCharge(Document):
    """What a transaction paid for gas, once, however many fills it has."""

    gas_used: int = Field(ge=0)
    gas_price_wei: BaseUnits


class SimulatedTransaction(Document):
    """The only record of a transaction hash."""

    outcome: Literal["filled", "reverted", "abandoned", "cancelled", "refused", "withdrawn"]
    """An order is abandoned when its deadline passed before it was submitted, cancelled when its
    intent was, refused when the venue takes none such, and withdrawn when the venue cancels what it
    has not filled."""
    settled_at: Timestamp
    fills: tuple[SimulatedFill, ...] = Field(default=(), max_length=MAX_PARTIAL_FILLS)
    revert_reason: ExecutionFailureReason | None = None
    revert_detail: str = ""
    # Records of earlier releases lack these.
    block_number: int | None = Field(None, ge=0, exclude_if=is_absent)
    """The block of a transaction without effect."""
    gas: GasCharge | None = Field(None, exclude_if=is_absent)
    inputs: ExecutionInputs | None = Field(None, exclude_if=is_absent)
    """What it was executed against; absent where nothing was."""

    def seen_at(self, tx_hash: str, now: datetime) -> Receipt:
        """Return the receipt as the venue shows it at this time."""
        is_final = self.settled_at <= now
        return Receipt(
            tx_hash=tx_hash,
            fills=self._fills_until(now),
            final=is_final,
            revert_reason=self.revert_reason if is_final else None,
            revert_detail=self.revert_detail,
            proof="cancelled" if self.outcome == "withdrawn" else "reverted",
            settled_at=self.settled_at,
            cost=NO_COST if self.fills else self._cost(self.settled_at),
            block_number=self.block_number,
        )

    def fills_at(self, now: datetime) -> int:
        """Return how many fills the venue shows at this time."""
        return sum(fill.at <= now for fill in self.fills)

    def cut_by(self, cancellation: Cancellation, tx_hash: str, now: datetime) -> Receipt:
        """Return the final receipt: without what would have been filled after the request.

        A request after the last fill came too late, and one before the order finds nothing filled.
        """
        at = cancellation.requested_at
        if self.settled_at <= at:
            return self.seen_at(tx_hash, max(now, at))
        return Receipt(
            tx_hash=tx_hash,
            fills=self._fills_until(at),
            final=True,
            revert_reason=ExecutionFailureReason.CANCELLED,
            proof="cancelled",
            cancellation=cancellation,
        )

    def next_change_after(self, now: datetime) -> datetime:
        """Return when the receipt will next change."""
        coming = [fill.at for fill in self.fills if fill.at > now]
        return min(coming, default=self.settled_at)

    def _fills_until(self, at: datetime) -> tuple[Fill, ...]:
        return tuple(
            Fill(
                fill.amount_in,
                fill.amount_out,
                fill.block_number,
                at=fill.at,
                pool_fee=fill.pool_fee,
                cost=TransactionCost(block_time=fill.at) if index else self._cost(fill.at),
            )
            for index, fill in enumerate(self.fills)
            if fill.at <= at
        )

    def _cost(self, at: datetime) -> TransactionCost:
        """Return the charge for gas; a record of an earlier release has none."""
        if self.gas is None:
            return NO_COST
        return TransactionCost(
            gas_used=self.gas.gas_used,
            effective_gas_price_wei=self.gas.gas_price_wei,
            fee_wei=self.gas.gas_used * self.gas.gas_price_wei,
            block_time=at,
        )
