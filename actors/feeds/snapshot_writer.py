"""Puts what changed into the bucket, once a second at most for each key."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from nats.js.errors import NoStreamResponseError
from nats.js.kv import KeyValue

from tradewind.contracts.market.keys import (
    book_key,
    candles_key,
    context_key,
    hour_of,
    interest_key,
)
from tradewind.contracts.market.model import (
    ObservedBook,
    ObservedCandles,
    ObservedContext,
)
from tradewind.contracts.market.payloads import PastInterest
from tradewind.contracts.streams import PERP_SNAPSHOTS_BUCKET
from tradewind.errors import TransientError
from tradewind.runtime import NatsConnection, clock, declare_streams
from tradewind.runtime.kept_value import bucket_to_write
from tradewind.trading.marketdata.intervals import from_milliseconds, length_of
from tradewind.trading.marketdata.metrics import SNAPSHOT_AGE
from tradewind.trading.ticks.perpetual_ticks import perpetual_tick
from tradewind.trading.ticks.publisher import TickPublisher

FLUSH_SECONDS: Final = 1.0
KEPT_HOURS: Final = 27
"""How long open interest is kept: the provider has no past of it, and a day is asked for."""
KINDS: Final = ("ctx", "book", "candles")

type Snapshot = ObservedContext | ObservedBook | ObservedCandles


class SnapshotWriter:
    """Holds the newest of each; `flush` writes it, and again after the broker lost it."""

    def __init__(self, connection: NatsConnection, ticks: TickPublisher | None = None) -> None:
        """`ticks` gets the price of every contract."""
        self._connection = connection
        self._ticks = ticks
        self._newest: dict[str, Snapshot] = {}
        self._unwritten: dict[str, None] = {}
        self._interests: dict[str, PastInterest] = {}
        self._begun_at: datetime | None = None

    def begin(self, interests: Mapping[str, PastInterest]) -> None:
        """Work from now on: what has not come yet is as old as that.

        `interests` is what another feed recorded of open interest.
        """
        if self._begun_at is None:
            self._begun_at = clock.now()
            self._interests = dict(interests)

    def take(self, snapshot: Snapshot) -> None:
        """Note what is to be written."""
        key = _key_of(snapshot)
        self._newest[key] = snapshot
        self._unwritten[key] = None
        if isinstance(snapshot, ObservedContext):
            self._take_interest(snapshot)
            if self._ticks is not None and (tick := perpetual_tick(snapshot)) is not None:
                self._ticks.take(tick)

    def _take_interest(self, observed: ObservedContext) -> None:
        """Note the first open interest of each hour."""
        context, at = observed.context, observed.observed_at
        key = interest_key(context.coin, at)
        if key not in self._interests:
            interest = PastInterest(open_interest=context.open_interest, observed_at=at)
            self._interests[key] = interest
            self._unwritten[key] = None

    async def write_again(self) -> None:
        """Write everything at the next flush: a hook of reconnects, after which a bucket may lack
        it."""
        self._unwritten = dict.fromkeys((*self._newest, *self._interests))

    def forget(self) -> None:
        """Write nothing any more of what another feed follows now."""
        self._newest, self._unwritten, self._interests, self._begun_at = {}, {}, {}, None
        SNAPSHOT_AGE.clear()
        if self._ticks is not None:
            self._ticks.forget()

    async def flush(self) -> None:
        """Write what changed; what could not be written is written next time."""
        self._report(clock.now())
        if not self._unwritten:
            return
        try:
            await self._write()
        except NoStreamResponseError:
            # Where only an administrator may make the bucket, a later attempt may find it.
            with suppress(TransientError):
                await declare_streams(self._connection)
            await self.write_again()
            await self._write()

    async def _write(self) -> None:
        bucket = bucket_to_write(self._connection.jetstream, PERP_SNAPSHOTS_BUCKET)
        taken, self._unwritten = self._unwritten, {}
        try:
            await asyncio.gather(
                *(bucket.put(key, self._value(key).model_dump_json().encode()) for key in taken)
            )
        except BaseException:
            self._unwritten = taken | self._unwritten
            raise
        await self._remove_old(bucket, clock.now())

    def _value(self, key: str) -> Snapshot | PastInterest:
        return self._interests[key] if key in self._interests else self._newest[key]

    async def _remove_old(self, bucket: KeyValue, now: datetime) -> None:
        oldest = hour_of(now) - KEPT_HOURS
        for key, interest in list(self._interests.items()):
            if hour_of(interest.observed_at) < oldest:
                await bucket.purge(key)
                del self._interests[key]

    def _report(self, now: datetime) -> None:
        if self._begun_at is None:
            return
        ages: dict[str, float] = {}
        for snapshot in self._newest.values():
            kind, seconds = _age(snapshot, now)
            ages[kind] = max(ages.get(kind, 0.0), seconds)
        waited = (now - self._begun_at).total_seconds()
        for kind in KINDS:
            SNAPSHOT_AGE.labels(kind).set(ages.get(kind, waited))


def _key_of(snapshot: Snapshot) -> str:
    if isinstance(snapshot, ObservedContext):
        return context_key(snapshot.context.coin)
    if isinstance(snapshot, ObservedBook):
        return book_key(snapshot.book.coin)
    return candles_key(snapshot.candles.coin, snapshot.candles.interval)


def _age(snapshot: Snapshot, now: datetime) -> tuple[str, float]:
    """Return the kind and how old it is; candles are late once another one should have closed."""
    if isinstance(snapshot, ObservedContext):
        return "ctx", (now - snapshot.observed_at).total_seconds()
    if isinstance(snapshot, ObservedBook):
        return "book", (now - from_milliseconds(snapshot.book.time_ms)).total_seconds()
    series = snapshot.candles
    due = from_milliseconds(series.last_close_ms) + length_of(series.interval)
    return "candles", max(0.0, (now - due).total_seconds())
