"""The state of the simulated exchange: what each coin costs now and did before.

Before the simulator saw a price, the past is a walk that ends at it; after that it is what was
seen. Where a source of prices has none for a coin, the walk goes on from its reference price.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from simulators.hyperliquid.walk import Walk, noise

MINUTE: Final = 60
SAMPLES: Final = 8
"""Points of the walk that a candle is made of."""
MAX_MINUTES: Final = 15_000
MAX_CANDLES: Final = 5_000
MAX_CACHED: Final = 60_000
REFERENCE_PRICES: Final = {"ETH": 3_000.0, "BTC": 60_000.0, "LINK": 15.0, "DOGE": 0.12}
OPEN_INTEREST_USD: Final = 40_000_000.0
INTERVALS: Final = {
    **dict(zip(("1m", "3m", "5m", "15m", "30m"), (60, 180, 300, 900, 1_800), strict=True)),
    **dict(
        zip(("1h", "2h", "4h", "8h", "12h"), (3_600, 7_200, 14_400, 28_800, 43_200), strict=True)
    ),
    **dict(zip(("1d", "3d", "1w"), (86_400, 259_200, 604_800), strict=True)),
}

type Prices = Callable[[], Mapping[str, float]]
"""Where prices come from: US dollars by coin, as they are now."""


class Bar(NamedTuple):
    """Prices of a time, and what was traded in it, in coins."""

    open: float
    high: float
    low: float
    close: float
    volume: float
    trades: int


@dataclass
class _Coin:
    walk: Walk
    first_seen_at: float
    first_price: float
    last_price: float
    first_logarithm: float
    """Where the walk stood then."""
    minutes: dict[int, Bar] = field(default_factory=dict)
    bars: dict[tuple[int, int], Bar] = field(default_factory=dict)


class SimulatedMarket:
    """All coins. Times are Unix seconds of `clock`."""

    def __init__(
        self,
        seed: int,
        clock: Callable[[], float],
        prices: Prices = dict,
        references: Mapping[str, float] | None = None,
    ) -> None:
        self.clock = clock
        self._seed = seed
        self._prices = prices
        self._coins: dict[str, _Coin] = {}
        self._references = dict(REFERENCE_PRICES if references is None else references)
        self.look()

    @property
    def coins(self) -> tuple[str, ...]:
        """What is traded."""
        return tuple(self._references)

    def look(self) -> None:
        """Take the present prices over; call it every second."""
        now, seen = self.clock(), self._prices()
        for coin, reference in self._references.items():
            state = self._coins.get(coin)
            if state is None:
                self._coins[coin] = self._begin(coin, now, seen.get(coin, reference))
            elif coin in seen:
                self._note(state, now, seen[coin])
            else:
                self._note(state, now, self._walked(state, now))

    def mid(self, coin: str) -> float:
        """Return the price now."""
        return self._coins[coin].last_price

    def past(self, coin: str, second: float) -> float:
        """Return a price before."""
        state = self._coins[coin]
        if second < state.first_seen_at:
            return self._walked(state, second)
        bar = state.minutes.get(int(second // MINUTE))
        return state.last_price if bar is None else bar.close

    def bar(self, coin: str, opened_at: int, seconds: int) -> Bar:
        """Return the candle that opened then, as far as it is known now."""
        state = self._coins[coin]
        known = state.bars.get((opened_at, seconds))
        if known is not None:
            return known
        bar = self._made(coin, state, opened_at, seconds)
        if opened_at + seconds <= self.clock():
            if len(state.bars) > MAX_CACHED:
                state.bars.clear()
            state.bars[opened_at, seconds] = bar
        return bar

    def _begin(self, coin: str, now: float, price: float) -> _Coin:
        walk = Walk(self._seed, coin)
        return _Coin(walk, now, price, price, walk.at(now))

    def _walked(self, state: _Coin, second: float) -> float:
        return state.first_price * math.exp(state.walk.at(second) - state.first_logarithm)

    def _note(self, state: _Coin, now: float, price: float) -> None:
        number = int(now // MINUTE)
        known = state.minutes.get(number)
        first = state.last_price if known is None else known.open
        high = max(first, price, known.high if known else first)
        low = min(first, price, known.low if known else first)
        state.minutes[number] = Bar(first, high, low, price, 0.0, 0)
        state.last_price = price
        while len(state.minutes) > MAX_MINUTES:
            del state.minutes[next(iter(state.minutes))]

    def _made(self, coin: str, state: _Coin, opened_at: int, seconds: int) -> Bar:
        now, ends_at = self.clock(), opened_at + seconds
        points: list[float] = []
        if opened_at < state.first_seen_at:
            until = min(ends_at, state.first_seen_at)
            step = (until - opened_at) / SAMPLES
            points += [self._walked(state, opened_at + step * n) for n in range(SAMPLES + 1)]
        if ends_at > state.first_seen_at:
            first = max(opened_at, int(state.first_seen_at)) // MINUTE
            for number in range(first, int(min(ends_at - 1, now)) // MINUTE + 1):
                minute = state.minutes.get(number)
                if minute is not None:
                    points += [minute.open, minute.high, minute.low, minute.close]
        points = points or [state.last_price]
        volume = self._volume(
            coin, state, opened_at, seconds, min(1.0, (now - opened_at) / seconds)
        )
        trades = int(seconds / 2 * (0.5 + noise(self._seed, coin, opened_at, "trades")))
        return Bar(points[0], max(points), min(points), points[-1], volume, trades)

    def _volume(self, coin: str, state: _Coin, opened_at: int, seconds: int, share: float) -> float:
        usd = OPEN_INTEREST_USD * seconds / 86_400 * (0.5 + noise(self._seed, coin, opened_at))
        return usd * max(share, 0.0) / state.first_price
