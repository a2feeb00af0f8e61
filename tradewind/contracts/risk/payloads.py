"""Risk's decisions on a submitted intent, of the instrument stage and of the portfolio stage."""

from pydantic import Field

from tradewind.contracts.intents.model import Intent
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, IntentPayload, is_absent
from tradewind.contracts.plans.model import VenueName
from tradewind.contracts.risk.checks import RiskChecks
from tradewind.contracts.risk.limits import PortfolioInputs, RiskInputs
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
