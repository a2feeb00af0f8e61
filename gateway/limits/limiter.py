"""Decides whether a request may pass: in this process first, then with all gateways together."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from redis.exceptions import RedisError

from gateway.limits.buckets import LocalBuckets, SharedBuckets
from gateway.limits.policy import Charge, Standing, scaled
from gateway.metrics import RATE_LIMIT_FALLBACKS, RATE_LIMITED
from tradewind.errors import TransientError
from tradewind.runtime.outage import Outage

LOCAL_FACTOR: Final = 2
"""What one process lets through to Redis, as a multiple of the limit: floods end here."""
REDIS_PAUSE_SECONDS: Final = 1.0
"""How long Redis is left alone after it failed; then one request tries it again."""

MAX_TRIPS: Final = 16
"""Requests that are counted in Redis at once; each has a connection, and more would wait there."""


class RateLimited(TransientError):
    """Somebody asks too often. Ask again after `wait_seconds`."""

    code = "RATE_LIMITED"

    def __init__(self, standings: Sequence[Standing]) -> None:
        self.standings = standings
        self.refused = max(standings, key=lambda one: one.wait_us)
        self.wait_seconds = max(1, self.refused.wait_seconds)
        super().__init__(self.refused.policy.name)


class RateLimiter:
    """Charges requests to the buckets of their policies, all or none.

    While Redis is away, policies that fail open are held at LOCAL_FACTOR in each process; of the
    others each process allows its part.
    """

    def __init__(
        self,
        shared: SharedBuckets,
        *,
        processes: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shared = shared
        self._part = 1 / processes
        self._clock = clock
        self._flood = LocalBuckets(clock=clock)
        self._fallback = LocalBuckets(clock=clock)
        self._trips = asyncio.Semaphore(MAX_TRIPS)
        self._outage = Outage("rate limits in Redis")
        self._away_until = float("-inf")

    async def check(self, charges: Sequence[Charge]) -> Sequence[Standing]:
        """Charge a request and return what is left; RateLimited when one policy has no room."""
        if not charges:
            return ()
        flooded = self._flood.charge(_scaled(charges, LOCAL_FACTOR))
        _require_room([_at_the_limit(*one) for one in zip(charges, flooded, strict=True)])
        standings = await self._charge_shared(charges)
        if standings is None:
            RATE_LIMIT_FALLBACKS.inc()
            closed = [one for one in charges if not one.policy.fails_open]
            standings = self._fallback.charge(_scaled(closed, self._part))
        _require_room(standings)
        return standings

    async def _charge_shared(self, charges: Sequence[Charge]) -> Sequence[Standing] | None:
        """Return what Redis says; None while it is away, and at once for all but one of those."""
        async with self._trips:
            if self._clock() < self._away_until:
                return None
            if self._away_until > float("-inf"):
                self._away_until = self._clock() + REDIS_PAUSE_SECONDS
            return await self._make_trip(charges)

    async def _make_trip(self, charges: Sequence[Charge]) -> Sequence[Standing] | None:
        try:
            standings = await self._shared.charge(charges)
        except (RedisError, OSError, TimeoutError) as error:
            self._outage.failed(TransientError(str(error) or type(error).__name__))
            self._away_until = self._clock() + REDIS_PAUSE_SECONDS
            return None
        self._outage.succeeded()
        self._away_until = float("-inf")
        return standings


def _scaled(charges: Sequence[Charge], factor: float) -> Sequence[Charge]:
    return [Charge(scaled(one.policy, factor), one.subject) for one in charges]


def _at_the_limit(charge: Charge, flooded: Standing) -> Standing:
    """Return what the policy itself says, whose quota fills more slowly than the local bucket."""
    level_us = min(flooded.level_us * LOCAL_FACTOR, charge.policy.tolerance_us)
    return Standing(charge.policy, level_us, flooded.wait_us * LOCAL_FACTOR)


def _require_room(standings: Sequence[Standing]) -> None:
    if any(one.wait_us for one in standings):
        refusal = RateLimited(standings)
        RATE_LIMITED.labels(refusal.refused.policy.name).inc()
        raise refusal
