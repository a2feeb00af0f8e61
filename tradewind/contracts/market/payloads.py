"""Observations of market data, which enrichments refer to by their hash."""

from typing import Annotated, Final

from pydantic import Field

from tradewind.contracts.instruments.payloads import ObservationPayload
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.market.model import (
    CandleSeries,
    Coin,
    Interval,
    ObservedBook,
    ObservedContext,
)
from tradewind.contracts.payload import is_absent
from tradewind.contracts.wire import DecimalString, Document, Timestamp

MAX_FRAMES: Final = 4


class CandlesObserved(ObservationPayload):
    """The closed candles of a contract: one observation a candle, shared by all signals."""

    topic = "instrument.candles_observed"
    ends_history = True
    candles: CandleSeries
    provider: str = Field(min_length=1, max_length=32)


class CandlesReference(Document):
    """Which candles an enrichment read, and since when it had them."""

    interval: Interval
    candles: ContentId
    """The content id of an instrument.candles_observed."""
    observed_at: Timestamp


class PastInterest(Document):
    """The open interest that was recorded about a day before."""

    open_interest: DecimalString
    observed_at: Timestamp


class PerpObserved(ObservationPayload):
    """Everything an enrichment could read of a contract; what it lacked is absent."""

    topic = "instrument.perp_observed"
    ends_history = True
    coin: Coin
    context: ObservedContext | None = Field(None, exclude_if=is_absent)
    book: ObservedBook | None = Field(None, exclude_if=is_absent)
    candles: Annotated[tuple[CandlesReference, ...], Field(max_length=MAX_FRAMES)] = ()
    past_interest: PastInterest | None = Field(None, exclude_if=is_absent)
    provider_errors: Annotated[
        tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=8)
    ] = ()
