"""Lets every nonce be used once, whichever process of the gateway it comes to."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.authentication.window import Window
from gateway.errors import CannotTell

KEY_PREFIX: Final = "nonce:"
SINCE_KEY: Final = f"{KEY_PREFIX}since"
"""When Redis began to remember nonces: it is set once, and is gone when Redis forgot them."""
SKEW_SECONDS: Final = 2.0
"""How far the clocks of two gateway processes may be apart."""
MAX_REMEMBERED: Final = 200_000
PAUSE_SECONDS: Final = 1.0
"""How long Redis is not asked after it did not answer, so that not every request waits for it."""


class Nonces:
    """Remembers nonces for as long as the signatures they are in can be used.

    This process remembers its own, and Redis those of all. While Redis does not answer, or has
    forgotten what was used, another process may have had a nonce: reading goes on, because reading
    twice changes nothing, and everything else is CannotTell until no old signature fits any more.
    """

    def __init__(
        self,
        redis: Redis,
        window: Window,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._redis = redis
        self._ahead_seconds = window.ahead_seconds
        self._keep_seconds = window.back_seconds + window.ahead_seconds + SKEW_SECONDS
        self._now = now
        self._used: OrderedDict[str, float] = OrderedDict()
        self._away_until = 0.0

    async def begin(self) -> None:
        """Have Redis remember from now on, so that the first request need not wait."""
        try:
            await self._ask(None)
        except (RedisError, OSError):
            return

    async def use(self, key_id: str, nonce: str, signed_at: float, *, is_safe: bool) -> bool:
        """Return whether a nonce was not used before; CannotTell as described above."""
        name = f"{key_id}:{nonce}"
        if not self._use_here(name):
            return False
        if self._now() < self._away_until:
            return _only_if(is_safe)
        try:
            is_new, since = await self._ask(name)
        except (RedisError, OSError):
            self._away_until = self._now() + PAUSE_SECONDS
            return _only_if(is_safe)
        if not is_new:
            return False
        remembers = signed_at > since + self._ahead_seconds
        return True if remembers else _only_if(is_safe)

    def _use_here(self, name: str) -> bool:
        now = self._now()
        while self._used and next(iter(self._used.values())) < now:
            self._used.popitem(last=False)
        if name in self._used:
            return False
        if len(self._used) >= MAX_REMEMBERED:
            raise CannotTell("more signed requests came than can be remembered")
        self._used[name] = now + self._keep_seconds
        return True

    async def _ask(self, name: str | None) -> tuple[bool, float]:
        """Use a nonce in Redis; return whether it is new, and since when Redis remembers."""
        now = self._now()
        pipeline: Any = self._redis.pipeline(transaction=False)
        pipeline.execute_command("SET", SINCE_KEY, repr(now), "NX", "GET")
        if name is not None:
            kept_ms = int(self._keep_seconds * 1_000)
            pipeline.execute_command("SET", KEY_PREFIX + name, "1", "NX", "PX", kept_ms)
        since, *is_new = await pipeline.execute()
        return bool(is_new and is_new[0]), now if since is None else float(since)


def _only_if(is_safe: bool) -> bool:
    if is_safe:
        return True
    raise CannotTell("Redis cannot tell whether this request came before")
