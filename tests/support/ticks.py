"""Ticks for tests, and candles made of them in the plainest way."""

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from tradewind.contracts.market.ticks import MarketTick
from tradewind.trading.ticks.candles import begin_of
from tradewind.trading.ticks.store import ReceivedTick

INSTRUMENTS = ("ethereum-WETH-USDC", "hyperliquid-ETH-USD")
SYMBOLS = {"ethereum-WETH-USDC": "WETH/USDC", "hyperliquid-ETH-USD": "ETH-PERP"}


def make_tick(
    time: datetime,
    price: str | Decimal = "3000",
    instrument: str = INSTRUMENTS[0],
    volume: Decimal | None = None,
) -> MarketTick:
    """Return a tick of an instrument."""
    _, base, quote = instrument.split("-")
    return MarketTick(
        instrument=instrument,
        symbol=SYMBOLS[instrument],
        base=base,
        quote=quote,
        price=Decimal(price),
        time=time,
        source="pools" if volume is not None else "hyperliquid",
        block_number=None if volume is None else 7,
        volume=volume,
    )


def random_ticks(since: datetime, seconds: int, count: int, seed: int) -> list[ReceivedTick]:
    """Return ticks of two instruments at random times, some at the same, in no order of time."""
    chance = random.Random(seed)
    ticks = []
    for sequence in range(1, count + 1):
        instrument = chance.choice(INSTRUMENTS)
        volume = Decimal(chance.randrange(3)) if instrument == INSTRUMENTS[0] else None
        time = since + timedelta(seconds=chance.randrange(seconds))
        price = Decimal(chance.randrange(290_000, 310_000)).scaleb(-2)
        ticks.append(ReceivedTick(make_tick(time, price, instrument, volume), sequence))
    return ticks


Bar = tuple[Decimal, Decimal, Decimal, Decimal, Decimal | None, int]


def naive_candles(
    ticks: Iterable[ReceivedTick], interval_seconds: int
) -> dict[tuple[str, datetime], Bar]:
    """Return open, high, low, close, volume and count by instrument and begin."""
    groups: dict[tuple[str, datetime], list[ReceivedTick]] = {}
    for one in ticks:
        key = (one.tick.instrument, begin_of(one.tick.time, interval_seconds))
        groups.setdefault(key, []).append(one)
    return {key: _bar(group) for key, group in groups.items()}


def _bar(group: Sequence[ReceivedTick]) -> Bar:
    ordered = sorted(group, key=lambda one: (one.tick.time, one.sequence))
    prices = [one.tick.price for one in ordered]
    volumes = [one.tick.volume for one in ordered if one.tick.volume is not None]
    volume = sum(volumes, Decimal(0)) if volumes else None
    return prices[0], max(prices), min(prices), prices[-1], volume, len(prices)
