"""What the orchestrator asks of a venue, and what a venue may answer.

tests/integration/actors/venue_contract.py is this page as tests.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tradewind.contracts.assets import Asset
from tradewind.contracts.ids import Ulid
from tradewind.contracts.intents import StrategyId
from tradewind.contracts.plans import ExecutionStep, RouteQuote, VenueName
from tradewind.contracts.reasons import ExecutionFailureReason
from tradewind.errors import PermanentError, TransientError, UnknownOutcome


class VenueUnavailable(TransientError):
    """The venue cannot be used now, and holds nothing of this step from any attempt. Retry."""

    code = "VENUE_UNAVAILABLE"


class VenueRefused(PermanentError):
    """The venue will never take this step, and holds nothing of it. Do not retry."""

    code = "VENUE_REFUSED"


class DeadlinePassed(PermanentError):
    """The step was not submitted before its deadline, and from now on cannot be."""

    code = "DEADLINE_PASSED"


class OutcomeUnknown(UnknownOutcome):
    """The step may have been submitted. Submit the same one again: the venue knows it."""

    code = "VENUE_OUTCOME_UNKNOWN"


@dataclass(frozen=True, slots=True)
class SwapOrder:
    """One step of a plan. (plan_id, step_index) is its identity: at most one swap, for ever."""

    plan_id: Ulid
    step_index: int
    strategy_id: StrategyId
    step: ExecutionStep
    deadline: datetime
    """After this moment the swap must not happen."""


@dataclass(frozen=True, slots=True)
class SwapTransaction:
    """An order in the form the venue takes."""

    order: SwapOrder
    data: bytes
    """What the venue executes: calldata on a chain."""


@dataclass(frozen=True, slots=True)
class Fill:
    """A part of the swap that is settled; amounts are base units and from the venue, not quoted."""

    amount_in: int
    amount_out: int
    block_number: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What has become of a transaction: fills so far, or why it was reverted."""

    tx_hash: str
    fills: tuple[Fill, ...]
    final: bool
    """True when nothing more will follow."""
    revert_reason: ExecutionFailureReason | None = None
    """Set when the transaction had no effect; then there are no fills."""
    revert_detail: str = ""


class Venue(Protocol):
    """A place that swaps."""

    @property
    def name(self) -> VenueName:
        """The name in plans and events."""
        ...

    async def price_quote(self, token_in: Asset, token_out: Asset, amount_in: int) -> RouteQuote:
        """Return what `amount_in` base units would fetch now.

        Raises VenueRefused when nothing trades the pair, VenueUnavailable when nobody knows.
        """
        ...

    async def build_swap_tx(self, order: SwapOrder) -> SwapTransaction:
        """Return the order as a transaction; has no effect. Raises VenueUnavailable."""
        ...

    async def submit_tx(self, transaction: SwapTransaction) -> str:
        """Submit the transaction, once, and return its hash (0x and 64 hexadecimal digits).

        Submitting the same order again returns the same hash and has no other effect. Raises
        VenueUnavailable, VenueRefused and DeadlinePassed only when nothing of the order was or
        will be executed, OutcomeUnknown when it may have been.
        """
        ...

    async def wait_receipt(self, tx_hash: str, fills_known: int = 0) -> Receipt:
        """Return the receipt once it holds more than `fills_known` fills, or is reverted.

        Raises NotYet with the time to ask again, OutcomeUnknown when the venue cannot tell.
        """
        ...
