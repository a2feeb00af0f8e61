"""The limits risk checks, in the form it uses them and in the form they are recorded."""

from typing import Annotated, Final, Literal

from pydantic import Field

from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.instruments.prices import PriceLimits
from tradewind.contracts.instruments.registry import InstrumentTerms
from tradewind.contracts.payload import is_absent
from tradewind.contracts.portfolio.book import Book
from tradewind.contracts.risk.approvals import ApprovalAnswer
from tradewind.contracts.risk.limit_names import (
    AccountLimits,
    HoldingLimits,
    PairLimits,
    TotalAmountLimits,
    TotalLimits,
)
from tradewind.contracts.wire import IN_STORED_ORDER, DecimalString, Document, WireModel

SETTINGS: Final = "settings"
"""The scope of the limits that the environment of a process sets."""
RATE_WINDOW_SECONDS: Final = 60
MAX_SCOPES: Final = 64
MAX_SCOPE_LENGTH: Final = 200

LimitScopes = Annotated[
    dict[
        Annotated[str, Field(pattern=r"^[a-z_]{1,64}$")],
        Annotated[str, Field(max_length=MAX_SCOPE_LENGTH)],
    ],
    IN_STORED_ORDER,
    Field(max_length=MAX_SCOPES),
]
"""By the name of a limit, whose it is, such as `hard`, `portfolio fund`, `defaults`."""


RestrictedStatus = Literal["unknown", "disabled", "reduce_only"]
"""A pair that the registry of instruments does not know, or that may not be traded freely."""


def is_empty(value: object) -> bool:
    """Return whether to leave a collection out of the JSON."""
    return not value


class RiskLimits(Document):
    """The limits risk checks an intent against."""

    max_notional_usd: DecimalString
    max_slippage: DecimalString
    price_max_age_seconds: int
    # Decisions recorded before there were these two limits are repeated without them.
    max_price_impact: DecimalString | None = Field(None, exclude_if=is_absent)
    """The fraction by which a plan may be worse than the prices the intent was approved at."""
    price_limits: PriceLimits | None = Field(None, exclude_if=is_absent)
    # The settings limit nothing of what follows; a policy and the registry of instruments may.
    instrument_status: RestrictedStatus | None = Field(None, exclude_if=is_absent)
    """What stands against trading the pair; absent where nothing does."""
    min_order_amount: DecimalString | None = Field(None, exclude_if=is_absent)
    max_order_amount: DecimalString | None = Field(None, exclude_if=is_absent)
    lot_amount: DecimalString | None = Field(None, exclude_if=is_absent)
    min_notional_usd: DecimalString | None = Field(None, exclude_if=is_absent)
    max_price_age_seconds: int | None = Field(None, exclude_if=is_absent)
    price_collar_bps: int | None = Field(None, exclude_if=is_absent)
    price_tick: DecimalString | None = Field(None, exclude_if=is_absent)
    """A price that an intent names is a multiple of it, in quote per base."""
    scopes: LimitScopes | None = Field(None, exclude_if=is_absent)
    """Whose limit it is, of those that are not the settings'."""

    def scope_of(self, name: str) -> str:
        """Return whose limit it is."""
        return (self.scopes or {}).get(name, SETTINGS)


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


class PortfolioLimits(PairLimits, HoldingLimits, TotalLimits, TotalAmountLimits, AccountLimits):
    """The limits the portfolio stage checked, as they are in force for this portfolio and pair."""

    scopes: LimitScopes = Field({}, exclude_if=is_empty)
    """Whose limit each one is."""

    def scope_of(self, name: str) -> str | None:
        """Return whose limit it is."""
        return self.scopes.get(name)

    @property
    def rate_window_seconds(self) -> int | None:
        """The window in which approvals are counted, where they are limited."""
        return None if self.max_intents_per_minute is None else RATE_WINDOW_SECONDS

    @property
    def has_loss_limits(self) -> bool:
        """Whether a loss may stop the portfolio."""
        limits = self.max_daily_loss_usd, self.max_drawdown_bps, self.max_consecutive_losses
        return any(one is not None for one in limits)

    @property
    def needs_others_position(self) -> bool:
        """Whether a limit is about what all portfolios together hold of the instrument."""
        limits = self.max_total_position_amount, self.max_total_position_usd
        return any(one is not None for one in limits)


class ApprovalInputs(WireModel):
    """What the end of the wait for a person was decided on, beside the portfolio's book."""

    answer: ApprovalAnswer | None = Field(None, exclude_if=is_absent)
    """Absent where nobody answered in time."""
    price_usd: DecimalString | None = Field(None, exclude_if=is_absent)
    """US dollars per whole token of base at that moment; absent where no price was fresh."""
    limits: RiskLimits
    """What the instrument stage had checked, tightened by what was in force at that moment."""


class PortfolioInputs(WireModel):
    """What the portfolio stage decided on, beside risk.screened and the time."""

    policy: PolicyReference
    limits: PortfolioLimits
    book: Book
    """Where a person was waited for, without what the intent itself claims."""
    # Only of an intent that waited for a person, after the wait.
    approval: ApprovalInputs | None = Field(None, exclude_if=is_absent)
