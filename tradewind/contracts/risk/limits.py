"""What risk holds an intent against: settings as risk takes them, and as they are recorded."""

from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.wire import DecimalString, Document, WireModel


class RiskLimits(Document):
    """What an intent may be at most."""

    max_notional_usd: DecimalString
    max_slippage: DecimalString
    price_max_age_seconds: int


class RiskInputs(WireModel):
    """What risk decided on, beside the intent and the moment."""

    market: ContentId | None
    """The instrument.market_observed it read; None when that was too large to be kept."""
    limits: RiskLimits
