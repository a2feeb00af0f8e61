"""Keeps spent weight in the bucket, so that a feed that was killed remembers what it spent."""

import asyncio
from collections.abc import Callable

import orjson
from nats.js import JetStreamContext

from tradewind.contracts.streams import PERP_SNAPSHOTS_BUCKET
from tradewind.runtime.kept_value import Kept, KeptValue, ValueUnavailable
from tradewind.trading.marketdata.snapshot_keys import WEIGHT_KEY
from tradewind.trading.marketdata.weight import Spent

ATTEMPTS = 10


class KeptWeight:
    """Implements WeightStore. What a broker that lost its memory forgot, this process tells it."""

    def __init__(self, jetstream: JetStreamContext) -> None:
        self._value = KeptValue(jetstream, PERP_SNAPSHOTS_BUCKET, WEIGHT_KEY)
        self._known: Kept | None = None
        self._own: Spent = {}
        self._one_at_a_time = asyncio.Lock()

    async def spend(self, change: Callable[[Spent], Spent]) -> Spent:
        """Replace what is kept; ValueUnavailable, and whatever `change` raises."""
        async with self._one_at_a_time:
            return await self._spend(change)

    async def _spend(self, change: Callable[[Spent], Spent]) -> Spent:
        for _ in range(ATTEMPTS):
            known = self._known or await self._value.read()
            spent = change(_merged(_parsed(known.value), self._own))
            content = orjson.dumps({str(second): one for second, one in spent.items()})
            revision = await self._value.swap(content, known.revision)
            if revision is not None:
                self._known, self._own = Kept(content, revision), spent
                return spent
            self._known = None
        raise ValueUnavailable("others changed the weight each time")


def _parsed(value: bytes) -> Spent:
    """Return what was kept; what makes no sense is nobody's spending."""
    try:
        return {int(second): int(weight) for second, weight in orjson.loads(value).items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def _merged(kept: Spent, own: Spent) -> Spent:
    """Return the larger of two spendings for each second: of what both know, one may know less."""
    return {second: max(kept.get(second, 0), own.get(second, 0)) for second in {*kept, *own}}
