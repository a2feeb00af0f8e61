"""The limits risk checks, in the form it uses them and in the form they are recorded."""

from pydantic import Field

from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.instruments.prices import PriceLimits
from tradewind.contracts.payload import is_absent
from tradewind.contracts.portfolio.book import Book
from tradewind.contracts.wire import DecimalString, Document, WireModel


class RiskLimits(Document):
    """The limits risk checks an intent against."""

    max_notional_usd: DecimalString
    max_slippage: DecimalString
    price_max_age_seconds: int
    # Decisions recorded before there were these two limits are repeated without them.
    max_price_impact: DecimalString | None = Field(None, exclude_if=is_absent)
    """The fraction by which a plan may be worse than the prices the intent was approved at."""
    price_limits: PriceLimits | None = Field(None, exclude_if=is_absent)


class PolicyReference(WireModel):
    """The risk policy that was in force."""

    version: int = Field(ge=0)
    """0 while no policy was ever applied, and the settings alone limit."""
    content: ContentId | None = Field(None, exclude_if=is_absent)
    """The SHA-256 of the policy's canonical JSON, under which system.risk_limits_defined has it."""


class RiskInputs(WireModel):
    """What the instrument stage decided on, beside the intent and the time."""

    market: ContentId | None
    """The content id of the instrument.market_observed it read; None when that was too large."""
    limits: RiskLimits
    policy: PolicyReference | None = Field(None, exclude_if=is_absent)


class PortfolioLimits(Document):
    """The limits the portfolio stage checked, as they are in force for this portfolio and pair."""


class PortfolioInputs(WireModel):
    """What the portfolio stage decided on, beside risk.screened and the time."""

    policy: PolicyReference
    limits: PortfolioLimits
    book: Book
