"""Keeps the states of groups in Redis, so that who takes over the writer need not fold them anew.

A kept state is no second truth: it is what the ledger folds to up to its version, which a rebuild
compares byte for byte. One that is missing, damaged, of another incarnation or made by other code
is folded from the ledger.
"""

import hashlib
from typing import Any, Final

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tradewind.readmodels.documents import keys
from tradewind.readmodels.folds import FoldState, GroupFold

_DIGEST_CHARACTERS: Final = 64


class KeptStates:
    """Reads and writes kept states. It never fails: without an answer of Redis nothing is kept."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def read[S: FoldState](self, fold: GroupFold[S], key: str, incarnation: str) -> S | None:
        """Return the state of a group as it was kept; None where it has to be folded."""
        if fold.keeping is None:
            return None
        try:
            # unlike GET it answers nothing for a key of another type
            found: list[Any] = await self._redis.mget(key_of(fold, key))
        except (RedisError, OSError):
            return None
        return parse(fold, key, incarnation, found[0] or b"")

    async def write[S: FoldState](
        self, fold: GroupFold[S], key: str, incarnation: str, state: S
    ) -> int:
        """Keep a state, which is trimmed; return how many bytes it has, 0 where it is not kept."""
        text = text_of(fold, key, incarnation, state)
        try:
            await self._redis.set(key_of(fold, key), text)
        except (RedisError, OSError):
            return 0
        return len(text)

    async def drop(self, fold: GroupFold[Any], key: str) -> None:
        """Have a state folded again."""
        try:
            await self._redis.unlink(key_of(fold, key))
        except (RedisError, OSError):
            return


def key_of(fold: GroupFold[Any], key: str) -> str:
    """Return the key of a kept state: that of the document behind a prefix of its own."""
    return f"{keys.KEPT_PREFIX}{fold.read_models[0].key(key)}"


def is_same_state[S: FoldState](fold: GroupFold[S], kept: S, state: S) -> bool:
    """Return whether a kept state goes on as one that was folded from the beginning."""
    assert fold.keeping is not None
    return fold.keeping.pack(kept) == fold.keeping.pack(fold.trim(state))


def text_of[S: FoldState](fold: GroupFold[S], key: str, incarnation: str, state: S) -> bytes:
    """Return the bytes that a state is kept as: a digest and what it is of, then the state."""
    assert fold.keeping is not None
    state_of = [incarnation, key, fold.keeping.code, orjson.Fragment(fold.keeping.pack(state))]
    text = orjson.dumps(state_of)
    return hashlib.sha256(text).hexdigest().encode() + text


def parse[S: FoldState](fold: GroupFold[S], key: str, incarnation: str, text: bytes) -> S | None:
    """Return the state that these bytes keep; None for any others."""
    digest, text = text[:_DIGEST_CHARACTERS], text[_DIGEST_CHARACTERS:]
    if fold.keeping is None or hashlib.sha256(text).hexdigest().encode() != digest:
        return None
    *state_of, packed = orjson.loads(text)
    if state_of != [incarnation, key, fold.keeping.code]:
        return None
    return fold.keeping.unpack(key, packed)
