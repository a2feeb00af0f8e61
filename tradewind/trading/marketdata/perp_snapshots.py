"""What the feed keeps of perpetuals, in memory: reads of an enrichment cost no network."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import structlog
from prometheus_client import Counter
from pydantic import ValidationError

from tradewind.contracts.envelope import describe
from tradewind.contracts.market.keys import (
    BOOK_KIND,
    CANDLES_KIND,
    CONTEXT_KIND,
    INTEREST_KIND,
    book_key,
    candles_key,
    context_key,
    interest_key,
)
from tradewind.contracts.market.model import (
    CandleSeries,
    ObservedBook,
    ObservedCandles,
    ObservedContext,
)
from tradewind.contracts.market.payloads import PastInterest
from tradewind.contracts.precision import EXACT
from tradewind.contracts.streams import PERP_SNAPSHOTS_BUCKET
from tradewind.runtime import NatsConnection, clock
from tradewind.runtime.bucket_watch import watched_bucket
from tradewind.trading.marketdata.intervals import from_milliseconds, open_of
from tradewind.trading.marketdata.models import FundingRate, OpenInterest, Ticker

LOOP: Final = "perp snapshots"
MAX_KEYS: Final = 4_000
PAST_HOURS: Final = (24, 23, 25, 22, 26)
"""How long ago an open interest may be from that is told for a day ago; the best first."""
HALF: Final = Decimal("0.5")

type Snapshot = ObservedContext | ObservedBook | ObservedCandles
type Value = Snapshot | PastInterest

KINDS: Final[dict[str, type[Value]]] = {
    CONTEXT_KIND: ObservedContext,
    BOOK_KIND: ObservedBook,
    CANDLES_KIND: ObservedCandles,
    INTEREST_KIND: PastInterest,
}
SKIPPED: Final = Counter(
    "tradewind_perp_snapshots_skipped", "Snapshots of perpetuals that could not be used.", ["kind"]
)

logger = structlog.get_logger(__name__)


class PerpSnapshots:
    """The newest values of the bucket. One is parsed when it is read first; bad ones are skipped.

    `version` changes whenever the content does.
    """

    def __init__(self) -> None:
        self._raw: dict[str, bytes] = {}
        self._parsed: dict[str, Value | None] = {}
        self._unreadable: dict[str, str] = {}
        self.version = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing has arrived."""
        return not self._raw

    def apply(self, key: str, value: bytes) -> None:
        """Take a value of the bucket."""
        if _kind_of(key) and (key in self._raw or len(self._raw) < MAX_KEYS):
            self._raw[key] = value
            self._parsed.pop(key, None)
            self._unreadable.pop(key, None)
            self.version += 1

    def remove(self, key: str) -> None:
        """Forget a value."""
        self._raw.pop(key, None)
        self._parsed.pop(key, None)
        self._unreadable.pop(key, None)
        self.version += 1

    def context(self, coin: str) -> ObservedContext | None:
        """Return the state of a perpetual, or None."""
        found = self._read(context_key(coin))
        if not isinstance(found, ObservedContext) or found.context.coin != coin:
            return None
        return found

    def book(self, coin: str) -> ObservedBook | None:
        """Return the order book, or None."""
        found = self._read(book_key(coin))
        if not isinstance(found, ObservedBook) or found.book.coin != coin:
            return None
        return found

    def candles(self, coin: str, interval: str) -> ObservedCandles | None:
        """Return the closed candles, or None."""
        found = self._read(candles_key(coin, interval))
        if not isinstance(found, ObservedCandles):
            return None
        series = found.candles
        return found if (series.coin, series.interval) == (coin, interval) else None

    def interests(self) -> dict[str, PastInterest]:
        """Return what was recorded of open interest, by key."""
        keys = [key for key in self._raw if _kind_of(key) == INTEREST_KIND]
        found = {key: self._read(key) for key in keys}
        return {key: one for key, one in found.items() if isinstance(one, PastInterest)}

    def past_interest(self, coin: str, now: datetime) -> PastInterest | None:
        """Return the open interest that was recorded about a day ago, or None."""
        keys = (interest_key(coin, now - timedelta(hours=hours)) for hours in PAST_HOURS)
        found = (self._read(key) for key in keys)
        return next((one for one in found if isinstance(one, PastInterest)), None)

    def unreadable(self, coin: str) -> tuple[str, ...]:
        """Return which kinds of values of a coin were read and are none, such as `book`."""
        keys = (key for key in self._unreadable if key.split(".")[1:2] == [coin])
        return tuple(sorted({self._unreadable[key] for key in keys}))

    def _read(self, key: str) -> Value | None:
        if key not in self._parsed and key in self._raw:
            self._parsed[key] = self._parse(key, self._raw[key])
        return self._parsed.get(key)

    def _parse(self, key: str, value: bytes) -> Value | None:
        kind = _kind_of(key)
        try:
            return KINDS[kind].model_validate_json(value)
        except ValidationError as error:
            SKIPPED.labels(kind).inc()
            self._unreadable[key] = kind
            logger.warning("perp snapshot skipped", key=key[:100], detail=describe(error))
            return None


class PerpView:
    """Reads PerpSnapshots, with ages. Implements MarketData: it never waits and never asks.

    A method returns None where the feed has nothing; whether what it has is young enough is for the
    caller to say, who is told when it was observed.
    """

    def __init__(self, snapshots: PerpSnapshots, now: Callable[[], datetime] = clock.now) -> None:
        self.snapshots = snapshots
        self._now = now

    def age(self, snapshot: Snapshot) -> timedelta:
        """Return how long ago a snapshot arrived at the feed."""
        return self._now() - snapshot.observed_at

    def source_age(self, snapshot: ObservedBook | ObservedCandles) -> timedelta:
        """Return how old it is by the provider's time: of candles, since the newest one closed."""
        if isinstance(snapshot, ObservedBook):
            return self._now() - from_milliseconds(snapshot.book.time_ms)
        return self._now() - from_milliseconds(snapshot.candles.last_close_ms)

    async def get_ticker(self, coin: str) -> Ticker | None:
        """Return the best bid and ask, and the mid between them, in US dollars."""
        observed = self.snapshots.book(coin)
        if observed is None:
            return None
        bid, ask = observed.book.best_bid, observed.book.best_ask
        if bid is None or ask is None:
            return None
        mid = EXACT.multiply(EXACT.add(bid.price, ask.price), HALF)
        time_ms, at = observed.book.time_ms, observed.observed_at
        return Ticker(coin, bid.price, ask.price, mid, time_ms, at)

    async def get_ohlcv(self, coin: str, interval: str, limit: int) -> ObservedCandles | None:
        """Return the newest closed candles, `limit` at most."""
        observed = self.snapshots.candles(coin, interval)
        if observed is None or limit >= len(observed.candles.close):
            return observed
        return observed.model_copy(update={"candles": newest(observed.candles, limit)})

    async def get_orderbook(
        self, coin: str, significant_figures: int | None
    ) -> ObservedBook | None:
        """Return the levels as the feed has them, which is rounded to 3 significant figures."""
        return self.snapshots.book(coin)

    async def get_24h_volume(self, coin: str) -> Decimal | None:
        """Return what was traded in 24 hours, in US dollars."""
        observed = self.snapshots.context(coin)
        return None if observed is None else observed.context.day_volume_usd

    async def get_funding_rate(self, coin: str) -> FundingRate | None:
        """Return the fraction for one hour, and when it is due."""
        observed = self.snapshots.context(coin)
        if observed is None:
            return None
        return funding_of(observed)

    async def get_open_interest(self, coin: str) -> OpenInterest | None:
        """Return what is held, in coins and in US dollars at the mark price."""
        observed = self.snapshots.context(coin)
        return None if observed is None else interest_of(observed)

    async def get_mark_price(self, coin: str) -> Decimal | None:
        """Return the price that margin is reckoned by, in US dollars."""
        observed = self.snapshots.context(coin)
        return None if observed is None else observed.context.mark_price


def funding_of(observed: ObservedContext) -> FundingRate:
    """Return what longs pay shorts, and the next whole hour, when they do."""
    context, at = observed.context, observed.observed_at
    due = open_of("1h", at) + timedelta(hours=1)
    return FundingRate(context.coin, context.funding_hourly, context.premium, due, at)


def interest_of(observed: ObservedContext) -> OpenInterest:
    """Return how much is held."""
    context = observed.context
    usd = EXACT.multiply(context.open_interest, context.mark_price)
    return OpenInterest(context.coin, context.open_interest, usd, observed.observed_at)


def newest(series: CandleSeries, count: int) -> CandleSeries:
    """Return the newest candles of a series."""
    columns = ("open_times_ms", "open", "high", "low", "close", "volume")
    cut = {name: getattr(series, name)[-count:] for name in columns}
    return series.model_copy(update=cut)


def _kind_of(key: str) -> str:
    """Return the kind of a key; empty for what the feed keeps for itself."""
    kind = key.partition(".")[0]
    return kind if kind in KINDS else ""


@asynccontextmanager
async def watched_perps(connection: NatsConnection) -> AsyncIterator[PerpView]:
    """Watch the bucket while the block runs; the view fills meanwhile."""
    snapshots = PerpSnapshots()
    async with watched_bucket(connection, PERP_SNAPSHOTS_BUCKET, snapshots, LOOP):
        yield PerpView(snapshots)
