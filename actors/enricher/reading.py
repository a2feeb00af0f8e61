"""Reads all that is known of a contract, and the observations of it that decisions refer to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from tradewind.contracts.inputs import content_id, content_of, day_of
from tradewind.contracts.instruments.payloads import ObservationPayload
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.market.model import (
    CandleSeries,
    ObservedCandles,
)
from tradewind.contracts.market.payloads import (
    CandlesObserved,
    CandlesReference,
    PerpObserved,
)
from tradewind.trading.indicators.frames import CANDLES
from tradewind.trading.marketdata.perp_snapshots import PerpSnapshots
from tradewind.trading.pricing.pools.observation import Observation, Observed


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
    """Reads memory; candles are trimmed, serialised and hashed once, and shared by all signals."""

    def __init__(self, snapshots: PerpSnapshots) -> None:
        self._snapshots = snapshots
        self._candles: dict[tuple[str, str], tuple[ObservedCandles, datetime, Observed]] = {}

    def read(
        self, coin: str, intervals: Sequence[str], now: datetime
    ) -> tuple[Reading, Observation]:
        """Return what is known of a contract, and its observation, which is to be kept."""
        day, known = day_of(now), self._snapshots
        found = {interval: known.candles(coin, interval) for interval in intervals}
        observed = {
            interval: (candles.observed_at, self._observe(coin, interval, candles, day))
            for interval, candles in found.items()
            if candles is not None
        }
        context, book = known.context(coin), known.book(coin)
        past = known.past_interest(coin, now)
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
            past_interest=past,
            provider_errors=tuple(f"{kind}_unreadable" for kind in known.unreadable(coin)),
        )
        market = observed_of(payload)
        parts = (*(one for _, one in observed.values()), market)
        series = {
            interval: KnownCandles(one.identifier, _series(one.payload))
            for interval, (_, one) in observed.items()
        }
        reading = Reading(market.identifier, payload, series)
        return reading, Observation(market.identifier, parts)

    def _observe(
        self, coin: str, interval: str, candles: ObservedCandles, day: datetime
    ) -> Observed:
        known = self._candles.get((coin, interval))
        # The feed may say the same candles again.
        if known is not None and known[1] == day and known[0].candles == candles.candles:
            return known[2]
        payload = CandlesObserved(
            day=day, candles=candles.candles.newest(CANDLES), provider=candles.provider
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
