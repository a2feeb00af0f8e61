"""Counts refused authentications by address, so that nobody tries keys without an end."""

import time
from collections.abc import Callable

from gateway.limits.addresses import network_of
from gateway.limits.limiter import RateLimited, RateLimiter
from gateway.limits.policy import Charge, Policy


class Refusals:
    """Lets an address wait that was refused too often.

    Ask `check` before a key is looked at, which costs nothing, and `count` for every 401.
    """

    def __init__(
        self,
        limiter: RateLimiter,
        policy: Policy | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limiter = limiter
        self._policy = policy
        self._clock = clock
        self._waiting: dict[str, tuple[float, RateLimited]] = {}

    def check(self, address: str | None) -> None:
        """Raise RateLimited while an address has to wait."""
        waiting = self._waiting.get(network_of(address))
        if waiting is None:
            return
        until, refusal = waiting
        if self._clock() < until:
            raise refusal
        del self._waiting[network_of(address)]

    async def count(self, address: str | None) -> None:
        """Count a refused authentication; RateLimited instead of the 401 that is one too many."""
        if self._policy is None:
            return
        network = network_of(address)
        try:
            await self._limiter.check([Charge(self._policy, network)])
        except RateLimited as refusal:
            self._forget_the_past()
            self._waiting[network] = self._clock() + refusal.wait_seconds, refusal
            raise

    def _forget_the_past(self) -> None:
        now = self._clock()
        self._waiting = {name: one for name, one in self._waiting.items() if one[0] > now}
