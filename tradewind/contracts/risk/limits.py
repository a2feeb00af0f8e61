"""The limits risk checks, in the form it uses them and in the form they are recorded."""

from pydantic import Field

from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.instruments.prices import PriceLimits
from tradewind.contracts.payload import is_absent
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


class RiskInputs(WireModel):
    """What risk decided on, beside the intent and the time."""

    market: ContentId | None
    """The content id of the instrument.market_observed it read; None when that was too large."""
    limits: RiskLimits
