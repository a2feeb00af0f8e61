"""The limits risk checks, in the form it uses them and in the form they are recorded."""

from decimal import Decimal

from pydantic import Field

from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.instruments.prices import PriceLimits
from tradewind.contracts.instruments.registry import InstrumentTerms
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
    instrument: InstrumentTerms | None = Field(None, exclude_if=is_absent)
    """What the registry said of the pair; absent where it knew nothing of it."""


class Book(Document):
    """A portfolio as it stood when an intent was decided. Amounts in US dollars to a millionth."""

    version: int = Field(ge=0)
    """It grows with every claim and every settlement of the portfolio."""
    as_of: int = Field(ge=0)
    """The `global_seq` up to which the ledger was settled."""
    claimed_usd: DecimalString = Decimal(0)
    """The worst case of what is approved and not settled."""
    open_intents: int = Field(0, ge=0)


class PortfolioLimits(Document):
    """The limits the portfolio stage checked, as they are in force for this portfolio and pair."""


class PortfolioInputs(WireModel):
    """What the portfolio stage decided on, beside risk.screened and the time."""

    policy: PolicyReference
    limits: PortfolioLimits
    book: Book
