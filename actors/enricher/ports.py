"""What the enricher reads, and where it keeps what it read."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from actors.enricher.reading import PerpReader, Reading
from actors.enricher.settings import EnricherSettings
from actors.enricher.source_profiles import SourceProfiles, source_profiles_of
from actors.observation_publisher import Keep, keep_nothing, keeping
from tradewind.contracts.signals.payloads import EnrichmentLimits, SignalLimits
from tradewind.runtime import NatsConnection, clock
from tradewind.trading.indicators.frames import IndicatorCache
from tradewind.trading.marketdata.perp_snapshots import watched_perps
from tradewind.trading.pricing.pools.observation import Observation

type ReadMarket = Callable[[str, list[str], datetime], tuple[Reading, Observation]]


@dataclass(frozen=True, slots=True)
class EnricherPorts:
    """What the enricher reads, and where it keeps what it read."""

    read: ReadMarket
    profiles: SourceProfiles
    limits: SignalLimits
    now: Callable[[], datetime]
    keep: Keep = keep_nothing
    indicators: IndicatorCache = field(default_factory=IndicatorCache)
    patience: timedelta = timedelta(0)
    """How long a signal waits for market data that is not there at all."""


@asynccontextmanager
async def open_ports(
    settings: EnricherSettings, connection: NatsConnection
) -> AsyncIterator[EnricherPorts]:
    """Watch what the feed says of perpetual contracts while the role runs."""
    profiles = source_profiles_of(settings)
    async with watched_perps(connection) as view, keeping(connection) as keep:
        reader = PerpReader(view.snapshots)
        yield EnricherPorts(
            reader.read,
            profiles,
            limits_of(settings),
            clock.now,
            keep,
            patience=timedelta(seconds=settings.market_data_patience_seconds),
        )


def limits_of(settings: EnricherSettings) -> SignalLimits:
    """Return what the settings ask signals to be held against."""

    def limits(max_age_seconds: int, max_drift_bps: int, max_spread_bps: int) -> EnrichmentLimits:
        return EnrichmentLimits(
            max_age_seconds=max_age_seconds,
            max_clock_ahead_seconds=settings.signal_max_ahead_seconds,
            max_drift_bps=max_drift_bps,
            max_spread_bps=max_spread_bps,
            max_book_age_seconds=settings.book_max_age_seconds,
            max_context_age_seconds=settings.context_max_age_seconds,
            max_candle_age_intervals=settings.candle_max_age_intervals,
            min_candles=settings.min_candles,
        )

    return SignalLimits(
        opening=limits(
            settings.signal_max_age_seconds,
            settings.signal_max_drift_bps,
            settings.signal_max_spread_bps,
        ),
        closing=limits(
            settings.close_signal_max_age_seconds,
            settings.close_signal_max_drift_bps,
            settings.close_signal_max_spread_bps,
        ),
    )
