"""Hints in Redis about which events are durable already. PostgreSQL decides; these save it work.

A claim by itself means nothing: whoever made it may have died before the commit. Only a `done:`
value, written after a commit, lets an event skip the transaction: only one with the same bytes, and
only while the incarnation it was written under is still the ledger's.
"""

from collections.abc import Sequence
from importlib import resources
from typing import Any, Final, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError

from tradewind.errors import TransientError

CLAIM_TTL_MS: Final = 30_000
DONE_TTL_MS: Final = 600_000


def load_lua(package: str, name: str) -> str:
    """Return the text of a Lua script of a package."""
    return resources.files(package).joinpath("lua", f"{name}.lua").read_text()


def seen_prefix(incarnation: str) -> str:
    """Return what the keys of an incarnation's hints begin with; the event id follows."""
    return f"seen:{incarnation}:"


class Fingerprint(NamedTuple):
    """An event and the SHA-256 of its bytes."""

    event_id: str
    body_sha256: bytes


class Hints:
    """Claims and done marks. Raises TransientError when Redis has no answer."""

    def __init__(self, redis: Redis) -> None:
        self._claim = redis.register_script(load_lua("tradewind.ledger", "claim"))
        self._mark = redis.register_script(load_lua("tradewind.ledger", "mark_done"))

    async def claim(self, incarnation: str, events: Sequence[Fingerprint], epoch: int) -> set[int]:
        """Claim events; return the places (from 0) of those that are done with the same bytes."""
        return set(
            await self._run(self._claim, incarnation, events, f"claim:{epoch}", CLAIM_TTL_MS)
        )

    async def mark_done(self, incarnation: str, events: Sequence[Fingerprint]) -> None:
        """Say that events are committed."""
        await self._run(self._mark, incarnation, events, DONE_TTL_MS)

    async def _run(
        self, script: Any, incarnation: str, events: Sequence[Fingerprint], *arguments: str | int
    ) -> Any:
        # one long argument: packing two per event costs more than the server's whole work
        records = "".join(event.event_id + event.body_sha256.hex() for event in events)
        try:
            return await script(args=[seen_prefix(incarnation), records, *arguments])
        except (RedisError, OSError) as error:
            raise TransientError(f"Redis: {type(error).__name__}: {error}") from error
