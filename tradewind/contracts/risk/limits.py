"""The limits risk checks, in the form it uses them and in the form they are recorded."""

from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.wire import DecimalString, Document, WireModel


class RiskLimits(Document):
    """The limits risk checks an intent against."""

    max_notional_usd: DecimalString
    max_slippage: DecimalString
    price_max_age_seconds: int


class RiskInputs(WireModel):
    """What risk decided on, beside the intent and the time."""

    market: ContentId | None
    """The content id of the instrument.market_observed it read; None when that was too large."""
    limits: RiskLimits
