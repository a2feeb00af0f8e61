"""What risk, portfolio and planner say of an intent that nobody submitted, and how they are asked.

They are asked by a request with a reply, which no stream keeps. The question is an event as it
would be published; the answers are these documents.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from tradewind.contracts.payload import MAX_DETAIL_LENGTH
from tradewind.contracts.plans.model import RouteQuote, VenueName
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.contracts.risk.checks import RiskChecks
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.wire import BaseUnits, DecimalString, Document, Timestamp

Detail = Annotated[str, Field(max_length=MAX_DETAIL_LENGTH)]


class RiskPreview(Document):
    """The verdict of risk's first stage, which knows no portfolio. The limits are inclusive."""

    verdict: Literal["approved", "rejected"]
    reason: RiskRejectionReason | None = None
    detail: Detail | None = None
    """Value and limit in words, where it is rejected."""
    notional_usd: DecimalString | None = None
    """None where no pool says what base is worth."""
    price_usd: DecimalString | None = None
    price_block_number: int | None = None
    price_age_seconds: DecimalString | None = None
    """The age of the oldest pool state behind the price."""
    max_notional_usd: DecimalString
    max_slippage: DecimalString
    """The limit; the intent's own is in its constraints."""
    checks: RiskChecks = ()
    """Every rule that was checked, in order."""


class RiskAnswer(Document):
    """The answer to a question to risk."""

    preview: RiskPreview
    screened: str | None = None
    """The `risk.screened` that would follow, as JSON: the portfolio's question."""


class PortfolioPreview(Document):
    """The verdict of risk's second stage on what the intent adds to its portfolio."""

    verdict: Literal["approved", "approval_required", "rejected"]
    reason: RiskRejectionReason | None = None
    detail: Detail | None = None
    """Value and limit in words, where it is rejected or would wait for a person."""
    checks: RiskChecks = ()
    """Every rule that was checked."""


class PortfolioAnswer(Document):
    """The answer to a question to the portfolio."""

    preview: PortfolioPreview
    accepted: str | None = None
    """The `intent.accepted` that would follow, as JSON: the planner's question."""


class PlanPreview(Document):
    """What the planner would make of an intent that risk accepted."""

    verdict: Literal["planned", "rejected"]
    reason: PlanRejectionReason | None = None
    detail: Detail | None = None
    venue: VenueName | None = None
    route: RouteQuote | None = None
    """Pools, hops and how the amount is split."""
    amount_in: BaseUnits | None = None
    expected_out: BaseUnits | None = None
    min_out: BaseUnits | None = None
    price_impact: DecimalString | None = None
    """How much worse than the pools' present price it is, their fees included: 0.01 is 1 %."""
    gas_estimate: int | None = None
    """Units of gas."""
    gas_cost_wei: BaseUnits | None = None
    """None where there is no chain to ask for the price of gas."""
    estimated_cost_usd: DecimalString | None = None
    """Pool fees, price impact and gas."""
    block_number: int | None = None
    """The oldest block among the states of the pools it uses."""
    block_time: Timestamp | None = None
    age_seconds: DecimalString | None = None


def seconds(age: timedelta) -> Decimal:
    """Return an age in seconds, to the millisecond."""
    return Decimal(age // timedelta(milliseconds=1)).scaleb(-3)
