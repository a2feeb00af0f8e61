"""Reads all that is known of a contract, and the observations of it that decisions refer to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from tradewind.contracts.inputs import content_id, content_of, day_of
from tradewind.contracts.instruments.payloads import ObservationPayload
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.market.model import (
    CandleSeries,
    ObservedBook,
    ObservedCandles,
    ObservedContext,
)
from tradewind.contracts.market.payloads import (
    CandlesObserved,
    CandlesReference,
    PastInterest,
    PerpObserved,
)
from tradewind.trading.indicators.frames import newest
from tradewind.trading.pricing.pools.observation import Observation, Observed

MAX_ERRORS: Final = 8


class PerpView(Protocol):
    """Everything the feed said of a contract last, from memory."""

    def context(self, coin: str) -> ObservedContext | None: ...

    def book(self, coin: str) -> ObservedBook | None: ...

    def candles(self, coin: str, interval: str) -> ObservedCandles | None: ...

    def past(self, coin: str, now: datetime) -> "Past": ...


class Past(NamedTuple):
    """What is known of a contract beside its present state."""

    interest: PastInterest | None = None
    """The open interest of about a day before."""
    errors: tuple[str, ...] = ()
    """What the feed holds that cannot be read, by its kind."""


class KnownCandles(NamedTuple):
    """Candles, and the hash of the observation of them."""

    identifier: ContentId
    series: CandleSeries


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything an enrichment may use of the market."""

    market: ContentId | None
    """The content id of `observed`; None when nothing was known."""
    observed: PerpObserved | None
    candles: Mapping[str, KnownCandles] = field(default_factory=dict)
    """By time frame."""

    @classmethod
    def of(
        cls, market: ContentId, observed: PerpObserved, candles: Mapping[ContentId, CandlesObserved]
    ) -> "Reading":
        """Return what was read when these were observed; KeyError names missing candles."""
        known = {
            one.interval: KnownCandles(one.candles, candles[one.candles].candles)
            for one in observed.candles
        }
        return cls(market, observed, known)


NOTHING: Final = Reading(None, None)


class PerpReader:
    """Reads a view; candles are trimmed, serialised and hashed once, and shared by all signals."""

    def __init__(self, view: PerpView) -> None:
        self._view = view
        self._candles: dict[tuple[str, str], tuple[ObservedCandles, datetime, Observed]] = {}

    def read(
        self, coin: str, intervals: Sequence[str], now: datetime
    ) -> tuple[Reading, Observation]:
        """Return what is known of a contract, and its observation, which is to be kept."""
        day, view = day_of(now), self._view
        found = {interval: view.candles(coin, interval) for interval in intervals}
        observed = {
            interval: (candles.observed_at, self._observe(coin, interval, candles, day))
            for interval, candles in found.items()
            if candles is not None
        }
        context, book, past = view.context(coin), view.book(coin), view.past(coin, now)
        if context is None and book is None and not observed:
            return NOTHING, Observation(None, ())
        payload = PerpObserved(
            day=day,
            coin=coin,
            context=context,
            book=book,
            candles=tuple(
                CandlesReference(interval=interval, candles=one.identifier, observed_at=at)
                for interval, (at, one) in observed.items()
            ),
            past_interest=past.interest,
            provider_errors=past.errors[:MAX_ERRORS],
        )
        market = observed_of(payload)
        parts = (*(one for _, one in observed.values()), market)
        known = {
            interval: KnownCandles(one.identifier, _series(one.payload))
            for interval, (_, one) in observed.items()
        }
        reading = Reading(market.identifier, payload, known)
        return reading, Observation(market.identifier, parts)

    def _observe(
        self, coin: str, interval: str, candles: ObservedCandles, day: datetime
    ) -> Observed:
        known = self._candles.get((coin, interval))
        # The feed may say the same candles again.
        if known is not None and known[1] == day and known[0].candles == candles.candles:
            return known[2]
        payload = CandlesObserved(
            day=day, candles=newest(candles.candles), provider=candles.provider
        )
        observed = observed_of(payload)
        self._candles[coin, interval] = candles, day, observed
        return observed


def observed_of(payload: ObservationPayload) -> Observed:
    """Return an observation with the hash of its content."""
    return Observed(content_id(content_of(payload)), payload)


def _series(payload: ObservationPayload) -> CandleSeries:
    assert isinstance(payload, CandlesObserved)
    return payload.candles
