"""Hints in Redis about which events are durable already. PostgreSQL decides; these save it work.

A claim by itself means nothing: whoever made it may have died before the commit. Only a `done:`
value, written after a commit, lets an event skip the transaction, and only while the incarnation it
was written under is still the ledger's.
"""

from collections.abc import Sequence
from importlib import resources
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from tradewind.errors import TransientError

CLAIM_TTL_MS: Final = 30_000
DONE_TTL_MS: Final = 600_000


def load_lua(package: str, name: str) -> str:
    """Return the text of a Lua script of a package."""
    return resources.files(package).joinpath("lua", f"{name}.lua").read_text()


def seen_key(incarnation: str, event_id: str) -> str:
    """Return the key of the hint about an event."""
    return f"seen:{incarnation}:{event_id}"


class Hints:
    """Claims and done marks. Raises TransientError when Redis has no answer."""

    def __init__(self, redis: Redis) -> None:
        self._claim = redis.register_script(load_lua("tradewind.ledger", "claim"))
        self._mark = redis.register_script(load_lua("tradewind.ledger", "mark_done"))

    async def claim(self, incarnation: str, event_ids: Sequence[str], epoch: int) -> set[int]:
        """Claim events; return the places (from 0) of those that are done."""
        places = await self._run(
            self._claim, incarnation, event_ids, f"claim:{epoch}", CLAIM_TTL_MS
        )
        return {place - 1 for place in places}

    async def mark_done(self, incarnation: str, event_ids: Sequence[str], epoch: int) -> None:
        """Say that events are committed."""
        await self._run(self._mark, incarnation, event_ids, f"done:{epoch}", DONE_TTL_MS)

    async def _run(
        self, script: Any, incarnation: str, event_ids: Sequence[str], value: str, ttl_ms: int
    ) -> Any:
        keys = [seen_key(incarnation, event_id) for event_id in event_ids]
        try:
            return await script(keys=keys, args=[value, ttl_ms])
        except (RedisError, OSError) as error:
            raise TransientError(f"Redis: {type(error).__name__}: {error}") from error
