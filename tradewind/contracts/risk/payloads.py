"""Risk's decisions on a submitted intent."""

from pydantic import Field

from tradewind.contracts.payload import MAX_DETAIL_LENGTH, IntentPayload, is_absent
from tradewind.contracts.risk.limits import RiskInputs
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.wire import DecimalString


class RiskApproved(IntentPayload):
    """Risk approved the intent; the fields are the numbers it compared."""

    topic = "risk.approved"
    notional_usd: DecimalString
    price_usd: DecimalString
    """US dollars per whole token of base."""
    price_block_number: int = Field(ge=0)
    max_notional_usd: DecimalString
    max_slippage_limit: DecimalString
    inputs: RiskInputs | None = Field(None, exclude_if=is_absent)


class RiskRejected(IntentPayload):
    """Risk refused the intent; `detail` names value and limit."""

    topic = "risk.rejected"
    ends_history = True
    reason: RiskRejectionReason
    detail: str = Field(max_length=MAX_DETAIL_LENGTH)
    inputs: RiskInputs | None = Field(None, exclude_if=is_absent)
