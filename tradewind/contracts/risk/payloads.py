"""Risk's decisions on a submitted intent, of the instrument stage and of the portfolio stage."""

from pydantic import Field

from tradewind.contracts.intents.model import Intent, StrategyId
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, IntentPayload, is_absent
from tradewind.contracts.plans.model import VenueName
from tradewind.contracts.risk.approvals import Answerer, ApprovalNote, ApprovalVerdict
from tradewind.contracts.risk.checks import RiskChecks
from tradewind.contracts.risk.limits import MAX_SCOPE_LENGTH, PortfolioInputs, RiskInputs
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.wire import BaseUnits, DecimalString, Timestamp


class RiskScreened(IntentPayload):
    """The intent passed the instrument stage. What the portfolio stage decides on is all in here.

    The prices, and the bounds that follow from them, are those of this moment.
    """

    topic = "risk.screened"
    intent: Intent
    expires_at: Timestamp
    notional_usd: DecimalString
    price_usd: DecimalString
    """US dollars per whole token of base."""
    price_block_number: int = Field(ge=0)
    quote_price_usd: DecimalString | None = Field(None, exclude_if=is_absent)
    """US dollars per whole token of quote; absent where no pool says."""
    max_notional_usd: DecimalString
    max_slippage_limit: DecimalString
    priority: int = Field(ge=1, le=5)
    max_amount_in: BaseUnits | None = Field(None, exclude_if=is_absent)
    """The most that may be paid, as in intent.accepted."""
    min_amount_out: BaseUnits | None = Field(None, exclude_if=is_absent)
    """The least that a plan may yield, as in intent.accepted."""
    checks: RiskChecks = ()
    inputs: RiskInputs

    @property
    def venues(self) -> tuple[VenueName, ...] | None:
        """Where the instrument may be traded, as intent.accepted says it."""
        terms = self.inputs.instrument
        return None if terms is None or not terms.venues else terms.venues

    @property
    def fee_tiers(self) -> tuple[int, ...] | None:
        """The pool fees it may be traded at, as intent.accepted says it."""
        terms = self.inputs.instrument
        return None if terms is None or not terms.fee_tiers else terms.fee_tiers


class RiskApprovalRequired(IntentPayload):
    """The intent passed every rule, and is worth more than may be approved without a person.

    It waits, and what it may spend stays claimed, until somebody answers, cancels it, or its time
    window closes. All that a later decision needs of the earlier stage is in here.
    """

    topic = "risk.approval_required"
    awaits_nobody = True
    notional_usd: DecimalString
    threshold_usd: DecimalString
    """The limit `approval_above_usd` in force, which the notional exceeds."""
    threshold_scope: str | None = Field(None, max_length=MAX_SCOPE_LENGTH, exclude_if=is_absent)
    """Whose limit it is."""
    expires_at: Timestamp
    """Until when it can be answered: the end of the intent's time window."""
    screened: RiskScreened
    checks: RiskChecks = ()
    inputs: PortfolioInputs


class RiskApprovalAnswered(IntentPayload):
    """Somebody approved or denied an intent that waits. It opens a history of its own.

    What became of the intent stands in the intent's own history: an approval lifts the threshold
    and no other limit.
    """

    topic = "risk.approval_answered"
    ends_history = True
    verdict: ApprovalVerdict
    answered_by: Answerer
    note: ApprovalNote | None = Field(None, exclude_if=is_absent)
    strategy_id: StrategyId


class RiskApproved(IntentPayload):
    """Risk approved the intent; the fields are the numbers it compared."""

    topic = "risk.approved"
    notional_usd: DecimalString
    price_usd: DecimalString
    """US dollars per whole token of base."""
    price_block_number: int = Field(ge=0)
    max_notional_usd: DecimalString
    max_slippage_limit: DecimalString
    # One stage decided the intents of earlier releases, on its inputs; they keep their bytes.
    checks: RiskChecks | None = Field(None, exclude_if=is_absent)
    inputs: RiskInputs | PortfolioInputs | None = Field(None, exclude_if=is_absent)


class RiskRejected(IntentPayload):
    """A stage of risk refused the intent; `detail` names value and limit of the first failed rule.

    The event's producer says which stage it was.
    """

    topic = "risk.rejected"
    ends_history = True
    reason: RiskRejectionReason
    detail: str = Field(max_length=MAX_DETAIL_LENGTH)
    checks: RiskChecks | None = Field(None, exclude_if=is_absent)
    """Every rule that was checked, in order; `reason` is the first that failed."""
    inputs: RiskInputs | PortfolioInputs | None = Field(None, exclude_if=is_absent)
