"""The protocol between the orchestrator and a venue.

The tests of this contract are in tests/support/venue_contract.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple, Protocol, TypeGuard, cast, runtime_checkable

from tradewind.contracts.execution.payloads import SettledApproval, TransactionCost
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.execution.simulation import ExecutionInputs
from tradewind.contracts.ids import Ulid, parse_correlation_id
from tradewind.contracts.instruments.assets import Address, Asset
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.intents.model import PortfolioId, StrategyId
from tradewind.contracts.plans.model import ExecutionStep, RouteQuote, VenueName
from tradewind.errors import PermanentError, TransientError, UnknownOutcome
from tradewind.trading.halts.gate import Passage, Sale
from tradewind.trading.halts.scopes import scopes_of_step
from tradewind.trading.wallet.followed_events import FollowedEvent
from tradewind.trading.wallet.plan_event import PlanEvent

_PROVIDED: Final[dict[tuple[type, type], bool]] = {}

PLAN_WITHOUT_CLAIM: Final = 4
"""Where a plan is in a history without risk.screened, of a release without claims; else later."""


class VenueUnavailable(TransientError):
    """The venue cannot be used now, and holds nothing of this step from any attempt. Retry."""

    code = "VENUE_UNAVAILABLE"


class VenueRefused(PermanentError):
    """The venue will never take this step, and holds nothing of it. Do not retry."""

    code = "VENUE_REFUSED"


class DeadlinePassed(PermanentError):
    """The step was not submitted before its deadline, and can not be submitted any more."""

    code = "DEADLINE_PASSED"


class StepRefused(VenueRefused):
    """The venue refused the step for good: nothing of it was or will be executed."""

    def __init__(self, reason: ExecutionFailureReason, detail: str, decided_at: datetime) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.decided_at = decided_at


class StepExpired(DeadlinePassed):
    """The step expired unsigned, and the venue will never sign it.

    `detail` says what it last waited for; empty when nothing kept it from being signed but time.
    """

    def __init__(self, decided_at: datetime, detail: str = "") -> None:
        super().__init__("the deadline passed before the step was signed")
        self.decided_at = decided_at
        self.detail = detail


class StepCancelled(PermanentError):
    """The intent was cancelled before the step was submitted, and the venue will never take it."""

    code = "STEP_CANCELLED"

    def __init__(self, cancellation: Cancellation, decided_at: datetime) -> None:
        super().__init__(f"cancelled on request of {cancellation.requested_by}")
        self.cancellation = cancellation
        self.decided_at = decided_at


class OutcomeUnknown(UnknownOutcome):
    """The step may have been submitted. Submit the same one again: the venue knows it."""

    code = "VENUE_OUTCOME_UNKNOWN"


@dataclass(frozen=True, slots=True)
class SwapOrder:
    """One step of a plan. Its identity (plan_id, step_index) is swapped at most once."""

    plan_id: Ulid
    step_index: int
    strategy_id: StrategyId
    step: ExecutionStep
    deadline: datetime
    """After this moment the swap must not happen."""
    plan_event: PlanEvent
    """The event that holds the plan. A venue that signs does so once the ledger has it."""
    portfolio_id: PortfolioId
    """The account of capital that it is for."""
    cancellation: Cancellation | None = None
    """The request to cancel its intent, where there is one: then it is not submitted any more."""

    def passage(self, wallet: str | None = None) -> Passage:
        """Return what trading states have to let pass before it is signed or submitted."""
        step = self.step
        scopes = scopes_of_step(
            *(step.base, step.quote, self.strategy_id, self.portfolio_id),
            venue=step.venue,
            wallet=wallet,
        )
        _, intent_id = parse_correlation_id(self.plan_event.correlation_id)
        has_claim = self.plan_event.sequence > PLAN_WITHOUT_CLAIM
        return Passage(scopes, self._sale(intent_id), intent_id if has_claim else None)

    def _sale(self, intent_id: str) -> Sale | None:
        step = self.step
        if step.token_in != step.base.address:
            return None
        return Sale(self.portfolio_id, step.base, step.amount_in, intent_id)


@dataclass(frozen=True, slots=True)
class SwapTransaction:
    """An order in the form the venue takes."""

    order: SwapOrder
    data: bytes
    """What the venue executes: calldata on a chain; empty where that is the order itself."""
    expires_at: datetime | None = None
    """When the venue itself stops executing it; None where it sets no deadline."""


@dataclass(frozen=True, slots=True)
class SignedStep:
    """The only transaction an order ever has, and its nonce in the wallet."""

    tx_hash: str
    wallet: Address
    nonce: int
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Fill:
    """A settled part of the swap, in base units; the venue reports the amounts, not a quote."""

    amount_in: int
    amount_out: int
    block_number: int
    log_index: int | None = None
    """The place of its last log in the block; None where there is no chain."""
    at: datetime | None = None
    """When the venue filled it; None where it does not record that of each fill."""
    pool_fee: int | None = None
    """What the pools kept of `amount_in`; None where the venue does not tell."""
    cost: TransactionCost | None = None
    """What it cost itself; None where all fills are of the one transaction of the receipt."""


NO_COST: Final = TransactionCost()


@dataclass(frozen=True, slots=True)
class Receipt:
    """The state of a transaction: its fills so far, or why it was reverted."""

    tx_hash: str
    fills: tuple[Fill, ...]
    final: bool
    """True when nothing more will follow."""
    revert_reason: ExecutionFailureReason | None = None
    """Set when the transaction had no effect. Fills there are only before a cancellation."""
    revert_detail: str = ""
    proof: Literal["reverted", "cancelled", "nonce_taken"] = "reverted"
    """Why nothing can be in flight any more, when there is a revert reason."""
    settled_at: datetime | None = None
    """When the venue recorded the outcome as final; None where it does not record that."""
    cost: TransactionCost = NO_COST
    """What the mined transaction cost, and where it is."""
    block_number: int | None = None
    """The block of a transaction without effect; that of a fill is in the fill."""
    approvals: tuple[SettledApproval, ...] = ()
    """What was approved for the step."""
    cancellation: Cancellation | None = None
    """Set where it ended because the intent was to be cancelled."""


@dataclass(frozen=True, slots=True)
class Reorg:
    """The block that held the transaction left the chain; the transaction is pending again."""

    tx_hash: str
    reorg_index: int
    block_number: int
    block_hash: str
    seen_at: datetime


class Venue(Protocol):
    """A place where swaps are executed."""

    @property
    def name(self) -> VenueName:
        """The name in plans and events."""
        ...

    async def price_quote(self, token_in: Asset, token_out: Asset, amount_in: int) -> RouteQuote:
        """Return the quote of selling `amount_in` base units now.

        Raises VenueRefused when no pool trades the pair, VenueUnavailable when no pool is known.
        """
        ...

    async def build_swap_tx(self, order: SwapOrder) -> SwapTransaction:
        """Return the order as a transaction; has no effect. Raises VenueUnavailable."""
        ...

    async def submit_tx(self, transaction: SwapTransaction) -> str:
        """Submit the transaction, once, and return its hash (0x and 64 hexadecimal digits).

        Submitting the same order again returns the same hash and has no other effect. Raises
        VenueUnavailable, VenueRefused, DeadlinePassed and StepCancelled only when nothing of the
        order was or will be executed, OutcomeUnknown when it may have been.
        """
        ...

    async def wait_receipt(
        self, tx_hash: str, fills_known: int = 0, reorgs_known: int = 0
    ) -> Receipt | Reorg:
        """Return the receipt once it holds more than `fills_known` fills, or is reverted.

        Reorgs beyond `reorgs_known` come before it, one at a time. Raises NotYet with the time to
        ask again, OutcomeUnknown when the venue cannot tell.
        """
        ...


@runtime_checkable
class AtOnceVenue(Protocol):
    """What a venue does besides, whose executing statement itself looks for a request to cancel."""

    async def submit_at_once(self, order: SwapOrder) -> str | None:
        """Submit an order that nothing is against, once, and return its hash as `submit_tx`.

        None where anything is that is not decided yet. Raises as `submit_tx`. Unless it raises
        OutcomeUnknown or AnotherPlanRecorded, whoever has no hash has to look whether the intent is
        to be cancelled, which goes before all else: then `submit_tx` takes the order with the
        request. Otherwise it is for `submit_tx` to decide only after None.
        """
        ...


@runtime_checkable
class SigningVenue(Protocol):
    """What a venue on a chain does besides, where signing and submitting are separate steps."""

    async def sign_tx(self, transaction: SwapTransaction) -> SignedStep:
        """Sign the order, once, and keep it. From then on the swap may happen.

        The same order always gives the same answer: SignedStep, StepRefused, StepExpired or
        StepCancelled. Raises NotYet while it can be neither signed nor refused.
        """
        ...

    async def broadcast_tx(self, tx_hash: str) -> datetime:
        """Broadcast a signed transaction; return when a node first had it. Safe to repeat.

        Raises NotYet while no node is known to have it.
        """
        ...


def provides[P](venue: object, protocol: Callable[..., P]) -> TypeGuard[P]:
    """Return whether a venue does what a protocol says.

    It is the same for all of a class. To ask a protocol costs as much as to read an event.
    """
    asked = type(venue), cast(type, protocol)
    if asked not in _PROVIDED:
        _PROVIDED[asked] = isinstance(venue, asked[1])
    return _PROVIDED[asked]


class AnsweredEvent(NamedTuple):
    """A kept event, and the answer it waited for: the time of the submission, or of what else."""

    event_id: str
    body: bytes
    answer: datetime | Receipt | Reorg


@runtime_checkable
class FollowingVenue(Protocol):
    """What a venue does besides that has a watcher: nobody needs to ask it again and again."""

    async def follow(self, tx_hash: str, event: FollowedEvent) -> None:
        """Keep an event about a transaction that raised NotYet, until it is answered."""
        ...

    async def answered(self) -> Sequence[AnsweredEvent]:
        """Wait for news, at most a while, and return every kept event that has its answer."""
        ...

    async def forget(self, event_ids: Sequence[str]) -> None:
        """Drop events whose consequences are published. Until then they are answered again."""
        ...


@runtime_checkable
class CancellingVenue(Protocol):
    """What a venue does besides that can still stop what it has in flight."""

    async def cancel_in_flight(self, correlation_id: str, cancellation: Cancellation) -> None:
        """Try to keep the open transactions of an intent from taking effect. Safe to repeat.

        Their receipts tell what came of it.
        """
        ...


class Submission(NamedTuple):
    """When a venue took an order, and what it executed it against, where it tells."""

    at: datetime
    inputs: ExecutionInputs | None = None


@runtime_checkable
class RecordingVenue(Protocol):
    """What a venue does besides that keeps what it executed an order against."""

    async def submission_of(self, tx_hash: str) -> Submission | None:
        """Return what was kept, the same for ever; None where an earlier release took the order."""
        ...


@runtime_checkable
class CuttingVenue(Venue, Protocol):
    """What a venue does besides that fills bit by bit, and nobody watches."""

    async def cut_or_wait(self, tx_hash: str, correlation_id: str, fills_known: int = 0) -> Receipt:
        """Return the receipt as `wait_receipt` does; a request to cancel the intent makes it final.

        It is without the fills after the request then, if any were left.
        """
        ...
