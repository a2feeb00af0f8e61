"""Hints in Redis about which events are committed, so that copies cost PostgreSQL nothing.

A claim proves nothing, because its writer may have died before the commit. Only a `done:` value,
which is written after a commit, lets an event skip the transaction, and only if the event has the
same bytes and the value was written under the ledger's present incarnation.
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
    return resources.files(package).joinpath("lua", f"{name}.lua").read_text()


def seen_prefix(incarnation: str) -> str:
    """Return the prefix of an incarnation's hints; the event id follows it in the key."""
    return f"seen:{incarnation}:"


class Fingerprint(NamedTuple):
    """An event's id and the SHA-256 of its bytes."""

    event_id: str
    body_sha256: bytes


class Hints:
    """Reads and writes the hints. Every method raises TransientError when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._claim = redis.register_script(load_lua("tradewind.ledger", "claim"))
        self._mark = redis.register_script(load_lua("tradewind.ledger", "mark_done"))

    async def claim(self, incarnation: str, events: Sequence[Fingerprint], epoch: int) -> set[int]:
        """Claim events; return the indexes of those that are done with the same bytes."""
        return set(
            await self._run(self._claim, incarnation, events, f"claim:{epoch}", CLAIM_TTL_MS)
        )

    async def mark_done(self, incarnation: str, events: Sequence[Fingerprint]) -> None:
        """Mark events as committed; call it only after their commit."""
        await self._run(self._mark, incarnation, events, DONE_TTL_MS)

    async def _run(
        self, script: Any, incarnation: str, events: Sequence[Fingerprint], *arguments: str | int
    ) -> Any:
        # All records are one argument: encoding two for each event takes longer than the script.
        records = "".join(event.event_id + event.body_sha256.hex() for event in events)
        try:
            return await script(args=[seen_prefix(incarnation), records, *arguments])
        except (RedisError, OSError) as error:
            raise TransientError(f"Redis: {type(error).__name__}: {error}") from error
