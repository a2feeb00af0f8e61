"""Publishes ticks: of each instrument at most one a second, and only what says something new.

A price that stays says so once a minute, so that a quiet instrument has a tick in every minute in
which somebody looked, and a minute without one was not seen.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from prometheus_client import Counter

from tradewind.contracts.market.ticks import TICK_INTERVALS_SECONDS, MarketTick, tick_subject
from tradewind.contracts.streams import MARKET_STREAM, MESSAGE_ID_HEADER
from tradewind.runtime.connection import NatsConnection

FLUSH_SECONDS: Final = 1.0
PUBLISH_TIMEOUT_SECONDS: Final = 2.0
MAX_INSTRUMENTS: Final = 2_000
"""Whoever lists more pools than that gets no more ticks, and no memory either."""

PUBLISHED: Final = Counter(
    "tradewind_ticks_published", "Ticks that the stream has taken, by source.", ["source"]
)


@dataclass
class _Instrument:
    """What is known of one instrument, and what of it was published."""

    newest: MarketTick
    volume: Decimal | None
    published: MarketTick | None = field(default=None)

    @property
    def is_news(self) -> bool:
        known = self.published
        if known is None or self.newest.price != known.price or self.volume:
            return True
        return minute_of(self.newest.time) > minute_of(known.time)


class TickPublisher:
    """Takes ticks as often as they come; `flush` publishes, and is run every FLUSH_SECONDS."""

    def __init__(self, connection: NatsConnection) -> None:
        self._connection = connection
        self._instruments: dict[str, _Instrument] = {}

    def take(self, tick: MarketTick) -> None:
        """Note the newest tick of an instrument; volume of those not yet published adds up."""
        known = self._instruments.get(tick.instrument)
        if known is not None:
            known.newest = tick
            if tick.volume is not None:
                known.volume = (known.volume or Decimal(0)) + tick.volume
        elif len(self._instruments) < MAX_INSTRUMENTS:
            self._instruments[tick.instrument] = _Instrument(tick, tick.volume)

    def confirm(self, at: datetime) -> None:
        """Note that every price was looked at and is as before."""
        for one in self._instruments.values():
            one.newest = one.newest.model_copy(update={"time": at})

    def forget(self) -> None:
        """Say nothing any more: somebody else does."""
        self._instruments = {}

    async def flush(self) -> None:
        """Publish what is new; what the broker did not take is tried with the next flush."""
        news = [one for one in self._instruments.values() if one.is_news]
        await asyncio.gather(*map(self._publish, news))

    async def _publish(self, one: _Instrument) -> None:
        volume, tick = one.volume, one.newest.model_copy(update={"volume": one.volume})
        await self._connection.jetstream.publish(
            tick_subject(tick.instrument),
            tick.model_dump_json().encode(),
            timeout=PUBLISH_TIMEOUT_SECONDS,
            stream=MARKET_STREAM,
            headers={MESSAGE_ID_HEADER: message_id(tick)},
        )
        one.published = tick
        if one.volume is not None and volume is not None:
            one.volume -= volume
        PUBLISHED.labels(tick.source).inc()


def minute_of(time: datetime) -> int:
    """Return the minutes since 1970."""
    return int(time.timestamp()) // TICK_INTERVALS_SECONDS["1m"]


def message_id(tick: MarketTick) -> str:
    """Return the id by which the broker knows a copy.

    Several processes may follow one chain: of a block each says the same, and one is enough.
    """
    if tick.block_number is None:
        return f"{tick.instrument} {tick.time.isoformat()}"
    at = minute_of(tick.time)
    return f"{tick.instrument} {tick.source} {tick.block_number} {format(tick.price, 'f')} {at}"
