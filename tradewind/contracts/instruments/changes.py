"""What an operator may say of an instrument, by command or by REST."""

from typing import Annotated, Any, Final, Self

from pydantic import Field, WithJsonSchema, model_validator

from tradewind.contracts.instruments.assets import Chain, Symbol
from tradewind.contracts.instruments.registry import (
    MAX_ALIASES,
    MAX_FEE_TIERS,
    MAX_VENUES,
    Alias,
    Bps,
    InstrumentStatus,
    Pips,
)
from tradewind.contracts.intents.model import PositiveDecimal
from tradewind.contracts.plans.model import VenueName
from tradewind.contracts.wire import Document

LISTS: Final = ("venues", "fee_tiers", "aliases")
STATUS_SCHEMA: Final = {"type": "string", "enum": [one.value for one in InstrumentStatus]}


class InstrumentChange(Document):
    """What is to be said of an instrument from now on. What is left out stays, null empties.

    Amounts are whole tokens of base.
    """

    status: Annotated[InstrumentStatus | None, WithJsonSchema(STATUS_SCHEMA)] = Field(
        default_factory=lambda: None
    )
    """It cannot be emptied, and what is left out is no default that a schema could say."""
    venues: tuple[VenueName, ...] | None = Field(None, max_length=MAX_VENUES)
    """Where it may be traded; none means everywhere."""
    fee_tiers: tuple[Pips, ...] | None = Field(None, max_length=MAX_FEE_TIERS)
    """The pool fees it may be traded at, in hundredths of a basis point; none means any."""
    aliases: tuple[Alias, ...] | None = Field(None, max_length=MAX_ALIASES)
    """Other names by which people may ask for it."""
    tick: PositiveDecimal | None = None
    """A price that an intent names, in quote per base, is a multiple of it."""
    lot: PositiveDecimal | None = None
    """An intent's amount is a multiple of it."""
    min_amount: PositiveDecimal | None = None
    max_amount: PositiveDecimal | None = None
    min_notional_usd: PositiveDecimal | None = None
    max_notional_usd: PositiveDecimal | None = None
    max_position: PositiveDecimal | None = None
    """The most of base that all portfolios may hold together."""
    max_slippage_bps: Bps | None = None
    max_impact_bps: Bps | None = None
    """By how much a plan may be worse than the prices the intent was approved at."""
    collar_bps: Bps | None = None
    """By how much a price may differ from the reference price."""

    @property
    def said(self) -> dict[str, Any]:
        """What is said, by field; an empty list where a list is emptied."""
        found = ((name, getattr(self, name)) for name in sorted(self.model_fields_set & _SAID))
        return {name: () if value is None and name in LISTS else value for name, value in found}

    @model_validator(mode="after")
    def _check_status(self) -> Self:
        if "status" in self.model_fields_set and self.status is None:
            raise ValueError(f"status: must be one of {', '.join(InstrumentStatus)}")
        return self


_SAID: Final = frozenset(InstrumentChange.model_fields)


class InstrumentRegistration(InstrumentChange):
    """A pair of registered tokens that is to be an instrument."""

    base: Symbol
    quote: Symbol
    chain: Chain = "ethereum"
    """The chain of both."""
