"""Keeps buckets: in Redis, where all gateways charge the same ones, or in this process."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from importlib import resources
from itertools import batched
from typing import Final, Protocol

from redis.asyncio import Redis

from gateway.limits.policy import MICROSECONDS, Charge, Standing

MAX_LOCAL_BUCKETS: Final = 16_384
_SCRIPT: Final = resources.files(__package__).joinpath("buckets.lua").read_text()


class SharedBuckets(Protocol):
    """Charges all or nothing; the errors of Redis while it cannot."""

    async def charge(self, charges: Sequence[Charge]) -> Sequence[Standing]: ...


class RedisBuckets:
    """Buckets of all gateways; a request is one round trip, however many it charges."""

    def __init__(self, redis: Redis) -> None:
        self._script = redis.register_script(_SCRIPT)

    async def charge(self, charges: Sequence[Charge]) -> Sequence[Standing]:
        """Charge all of them, or none if one has no room; RedisError, OSError or TimeoutError."""
        amounts = [
            amount for policy, _ in charges for amount in (policy.interval_us, policy.tolerance_us)
        ]
        answer = await self._script(keys=[charge.key for charge in charges], args=amounts)
        return [
            Standing(charge.policy, level_us, wait_us)
            for charge, (level_us, wait_us) in zip(charges, batched(answer, 2), strict=True)
        ]


class LocalBuckets:
    """Buckets of this process by the same rule. The one that was used longest ago is forgotten."""

    def __init__(
        self,
        capacity: int = MAX_LOCAL_BUCKETS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._capacity = capacity
        self._clock = clock
        self._empty_at_us: OrderedDict[str, int] = OrderedDict()

    def charge(self, charges: Sequence[Charge]) -> Sequence[Standing]:
        """Charge all of them, or none if one has no room."""
        now_us = int(self._clock() * MICROSECONDS)
        before = [_standing(charge, self._empty_at_us, now_us) for charge in charges]
        if any(one.wait_us for one in before):
            return before
        after = [one._replace(level_us=one.level_us + one.policy.interval_us) for one in before]
        for charge, standing in zip(charges, after, strict=True):
            self._put(charge.key, now_us + standing.level_us)
        return after

    def _put(self, key: str, empty_at_us: int) -> None:
        self._empty_at_us[key] = empty_at_us
        self._empty_at_us.move_to_end(key)
        if len(self._empty_at_us) > self._capacity:
            self._empty_at_us.popitem(last=False)


def _standing(charge: Charge, empty_at_us: OrderedDict[str, int], now_us: int) -> Standing:
    policy = charge.policy
    level_us = max(0, empty_at_us.get(charge.key, 0) - now_us)
    wait_us = max(0, level_us + policy.interval_us - policy.tolerance_us)
    return Standing(policy, level_us, wait_us)
