"""What a rebuild does in Redis: read, compare-and-set, and keep readers on the ledger."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from tradewind.errors import TransientError
from tradewind.readmodels.documents import keys
from tradewind.readmodels.documents.replacement import NOTHING, Replacement
from tradewind.readmodels.documents.scripts import register
from tradewind.readmodels.documents.store import StaleIncarnation
from tradewind.readmodels.read_model import ReadModel
from tradewind.readmodels.registry import READ_MODELS, ReadModelRegistry

HOLD_MS: Final = 15_000
"""How long readers stay on the ledger after a rebuild died."""
HOLDS_IN_TIME: Final = 4
"""How often a running rebuild renews its hold within that time."""
SCAN_COUNT: Final = 1_000


class RebuildRuns(TransientError):
    """Another rebuild is at work. Wait for it; a dead one stands in the way for 15 seconds."""

    code = "REBUILD_RUNS"


class Interrupted(Exception):
    """Redis was emptied, or the ledger was restored, since the rebuild began: begin again."""


class RebuildStore:
    """The documents and indexes in Redis. Raises TransientError when Redis has no answer."""

    def __init__(self, redis: Redis, registry: ReadModelRegistry = READ_MODELS) -> None:
        self._redis = redis
        self.registry = registry
        self._prefixes = registry.prefixes
        self._begin = register(redis, "begin_rebuild", registry)
        self._hold = register(redis, "hold_rebuild", registry)
        self._drop_wrong_indexes = register(redis, "drop_wrong_indexes", registry)
        self._replace = register(redis, "replace_documents", registry)
        self._check_listed = register(redis, "check_listed", registry)
        self._check_index = register(redis, "check_index", registry)
        self._finish = register(redis, "finish_rebuild", registry)

    async def begin(self) -> str:
        """Send readers to the ledger; return the rebuild's token. RebuildRuns if one is running."""
        token = secrets.token_hex(16)
        if not await self._ask(self._begin(keys=[keys.REBUILD_KEY], args=[token, HOLD_MS])):
            raise RebuildRuns
        return token

    async def hold(self, token: str) -> None:
        """Keep readers on the ledger; Interrupted when the key is gone, as after a flush."""
        await self._expire(token, HOLD_MS)

    async def keep_holding(self, token: str) -> None:
        """Renew the hold until cancelled, or until the key is gone."""
        while True:
            await asyncio.sleep(HOLD_MS / 1_000 / HOLDS_IN_TIME)
            try:
                await self.hold(token)
            except TransientError:
                continue
            except Interrupted:
                return

    async def expire_abandoned(self) -> None:
        """Give the key an end if it has none: it would keep readers on the ledger for ever."""
        await self._ask(self._redis.pexpire(keys.REBUILD_KEY, HOLD_MS, lt=True))

    async def release(self, token: str) -> None:
        """Return readers to Redis without moving the mark."""
        await self._expire(token, 0)

    async def _expire(self, token: str, milliseconds: int) -> None:
        if not await self._ask(self._hold(keys=[keys.REBUILD_KEY], args=[token, milliseconds])):
            raise Interrupted

    async def finish(self, token: str, incarnation: str, global_seq: int) -> None:
        """Move the mark to `global_seq` and return readers to Redis, in one script."""
        names = [keys.REBUILD_KEY, keys.MARK_KEY]
        done = await self._ask(self._finish(keys=names, args=[token, incarnation, global_seq]))
        if done < 0:
            raise StaleIncarnation(f"this database's is {incarnation}")
        if not done:
            raise Interrupted

    async def read(self, names: Sequence[str]) -> list[bytes]:
        """Return the bytes of these keys, NOTHING for one that does not exist."""
        if not names:
            return []
        return [text or NOTHING for text in await self._ask(self._redis.mget(names))]

    async def replace(self, incarnation: str, wrong: Sequence[Replacement]) -> list[str]:
        """Replace documents whose bytes are still those found; return the keys of the others."""
        if not wrong:
            return []
        args: list[str | bytes] = [incarnation]
        for one in wrong:
            args += [one.found_bytes, one.expected_bytes]
        left = await self._ask(self._replace(keys=[one.key for one in wrong], args=args))
        return [wrong[place - 1].key for place in left]

    async def unlisted(self, incarnation: str, names: Sequence[str], *, repair: bool) -> list[str]:
        """Return the keys of documents missing from an index; add them if `repair`."""
        if not names:
            return []
        found = await self._ask(self._check_listed(keys=names, args=[incarnation, int(repair)]))
        return [names[place - 1] for place in found]

    async def wrongly_listed(
        self, incarnation: str, read_model: ReadModel[Any], index_key: str, *, repair: bool
    ) -> AsyncIterator[list[str]]:
        """Return, in pages, index entries that no document confirms; remove them if `repair`."""
        cursor = 0
        while True:
            args = [incarnation, read_model.prefix, cursor, SCAN_COUNT, int(repair)]
            answer = await self._ask(self._check_index(keys=[index_key], args=args))
            cursor = int(answer[0])
            yield [identifier.decode() for identifier in answer[1]]
            if not cursor:
                return

    async def drop_wrong_indexes(self, names: Sequence[str]) -> list[str]:
        """Delete the indexes that are of another type, to have them written again; return them."""
        if not names:
            return []
        found = await self._ask(self._drop_wrong_indexes(keys=[keys.MARK_KEY, *names]))
        return [names[place - 1] for place in found]

    async def names(self) -> AsyncIterator[list[str]]:
        """Return, in pages, the keys of documents and indexes; SCAN may return a key twice."""
        cursor = 0
        while True:
            cursor, found = await self.scan(cursor)
            yield found
            if not cursor:
                return

    async def scan(self, cursor: int, count: int = SCAN_COUNT) -> tuple[int, list[str]]:
        """Return the next cursor, 0 at the end, and the keys at this one; see `names`."""
        scan = self._redis.scan(cursor, match=self.registry.key_pattern, count=count)
        cursor, found = await self._ask(scan)
        names = (name.decode() for name in found if name.isascii())
        return int(cursor), [name for name in names if name.startswith(self._prefixes)]

    async def delete(self, names: Iterable[str]) -> None:
        """Delete keys, whatever their type and value."""
        if names := list(names):
            await self._ask(self._redis.unlink(*names))

    async def _ask(self, command: Any) -> Any:
        try:
            return await command
        except (RedisError, OSError) as error:
            raise TransientError(f"Redis: {type(error).__name__}: {error}") from error
