"""An instrument of the registry: a pair, whether it may be traded, and within which bounds.

Its history is `instrument-<key>`: `instrument.registered` once, then an `instrument.updated` for
every change. Each event holds the whole instrument, so the last one tells all.
"""

import hashlib
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Final, Self

from pydantic import Field, model_validator

from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.instruments.assets import Asset, instrument_key
from tradewind.contracts.intents.model import PositiveDecimal
from tradewind.contracts.payload import is_absent
from tradewind.contracts.plans.model import VenueName
from tradewind.contracts.subjects import KeyToken
from tradewind.contracts.wire import Document, Timestamp

MAX_INSTRUMENTS: Final = 2_000
"""The most instruments a platform registers; pairs beyond it have no terms of their own."""
MAX_ALIASES: Final = 8
MAX_VENUES: Final = 8
MAX_FEE_TIERS: Final = 16
MAX_PIPS: Final = 1_000_000
MAX_BPS: Final = 10_000
MAX_IDENTIFIER_CHARACTERS: Final = 64

Alias = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
Pips = Annotated[int, Field(ge=0, le=MAX_PIPS)]
Bps = Annotated[int, Field(ge=0, le=MAX_BPS)]
"""Hundredths of a percent."""


class InstrumentStatus(StrEnum):
    """What may be done with an instrument."""

    ENABLED = "enabled"
    REDUCE_ONLY = "reduce_only"
    """Only what makes a position smaller."""
    DISABLED = "disabled"


class InstrumentTerms(Document):
    """What the registry says of a pair beside which one it is. An absent bound is no bound.

    Amounts are whole tokens of base.
    """

    version: int = Field(0, ge=0)
    """The sequence of the event that said so; 0 while only the files of the process say it."""
    status: InstrumentStatus = InstrumentStatus.ENABLED
    venues: tuple[VenueName, ...] = Field(
        (), max_length=MAX_VENUES, exclude_if=lambda names: not names
    )
    """Where it may be traded; none means everywhere."""
    fee_tiers: tuple[Pips, ...] = Field(
        (), max_length=MAX_FEE_TIERS, exclude_if=lambda tiers: not tiers
    )
    """The pool fees it may be traded at, in hundredths of a basis point; none means any."""
    tick: PositiveDecimal | None = Field(None, exclude_if=is_absent)
    """A price that an intent names, in quote per base, is a multiple of it."""
    lot: PositiveDecimal | None = Field(None, exclude_if=is_absent)
    """An intent's amount is a multiple of it."""
    min_amount: PositiveDecimal | None = Field(None, exclude_if=is_absent)
    max_amount: PositiveDecimal | None = Field(None, exclude_if=is_absent)
    min_notional_usd: PositiveDecimal | None = Field(None, exclude_if=is_absent)
    max_notional_usd: PositiveDecimal | None = Field(None, exclude_if=is_absent)
    max_position: PositiveDecimal | None = Field(None, exclude_if=is_absent)
    """The most of base that all portfolios may hold together."""
    max_slippage_bps: Bps | None = Field(None, exclude_if=is_absent)
    max_impact_bps: Bps | None = Field(None, exclude_if=is_absent)
    """By how much a plan may be worse than the prices the intent was approved at."""
    collar_bps: Bps | None = Field(None, exclude_if=is_absent)
    """By how much a price may differ from the reference price."""

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        for least, most in (("min_amount", "max_amount"), ("min_notional_usd", "max_notional_usd")):
            low, high = getattr(self, least), getattr(self, most)
            if low is not None and high is not None and low > high:
                raise ValueError(f"{least}: must not exceed {most}, which is {high:f}")
        for field in ("venues", "fee_tiers"):
            if len(set(getattr(self, field))) < len(getattr(self, field)):
                raise ValueError(f"{field}: names one twice")
        return self


class Instrument(InstrumentTerms):
    """A pair, whether it may be traded, and within which bounds."""

    key: KeyToken
    """`ethereum-WETH-USDC`."""
    base: Asset
    quote: Asset
    aliases: tuple[Alias, ...] = Field((), max_length=MAX_ALIASES, exclude_if=lambda them: not them)
    """Other names by which people may ask for it."""

    @property
    def said(self) -> dict[str, Any]:
        """What is said of it, by field, without what is derived from that."""
        return {name: getattr(self, name) for name in Instrument.model_fields}

    @cached_property
    def terms(self) -> InstrumentTerms:
        """What a decision about the pair depends on, in the form it is recorded."""
        return InstrumentTerms(**self.model_dump(include=set(InstrumentTerms.model_fields)))

    @model_validator(mode="after")
    def _check_pair(self) -> Self:
        if self.base.chain != self.quote.chain:
            raise ValueError("quote: must be on the chain of base")
        if self.base.address == self.quote.address:
            raise ValueError("quote: must be another token than base")
        if self.key != instrument_key(self.base, self.quote):
            raise ValueError("key: must be that of base and quote")
        if len(set(self.aliases)) < len(self.aliases) or self.key in self.aliases:
            raise ValueError("aliases: names one twice")
        return self


class InstrumentDocument(Instrument):
    """An instrument as it is shown, with who said so when; absent while only files say it."""

    changed_at: Timestamp | None = Field(None, exclude_if=is_absent)
    changed_by: str | None = Field(None, exclude_if=is_absent)


def instrument_of_pair(
    base: Asset, quote: Asset, terms: InstrumentTerms, aliases: tuple[str, ...] = ()
) -> Instrument:
    """Return the instrument of a pair on these terms."""
    return Instrument(
        key=instrument_key(base, quote),
        base=base,
        quote=quote,
        aliases=aliases,
        **{name: getattr(terms, name) for name in InstrumentTerms.model_fields},
    )


def instrument_correlation(key: str) -> str:
    """Return the correlation of an instrument's history.

    A key may be longer than an identifier of a correlation may be, and is then replaced by its
    SHA-256 in hexadecimal. Observations, whose correlations look alike, are told by their topics.
    """
    is_short = len(key) <= MAX_IDENTIFIER_CHARACTERS
    identifier = key if is_short else hashlib.sha256(key.encode()).hexdigest()
    return make_correlation_id(CorrelationKind.INSTRUMENT, identifier)
