"""Keeps the states of groups in Redis, so that who takes over the writer need not fold them anew.

A kept state is no second truth: it is what the ledger folds to up to its version, which a rebuild
compares byte for byte. One that is missing, damaged, of another incarnation, of events that the
ledger lost, or made by other code is folded from the ledger.
"""

import hashlib
from typing import Any, Final, NamedTuple

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, RedisError

from tradewind.ledger.history import group_key
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.queries import QUERIES
from tradewind.readmodels.documents import from_ledger
from tradewind.readmodels.documents.keys import KEPT_PREFIX
from tradewind.readmodels.folds import FoldState, GroupFold, code_of

LIFE_SECONDS: Final = 30 * 86_400
"""How long a state is kept that nobody keeps again. So of a group that has no more events nothing
stays for good. One that has another after all is folded from the ledger."""
_DIGEST_CHARACTERS: Final = 64
_READ_BY: Final = [
    code_of(group_key, from_ledger),
    QUERIES["select_group"],
    QUERIES["select_newest_epoch"],
]
"""What says which events a state is of."""

logger = structlog.get_logger("read models")


class Kept[S: FoldState](NamedTuple):
    """A state as it was kept."""

    state: S
    recording: str
    """What the ledger had at its version."""


class KeptStates:
    """Reads and writes kept states. Without an answer of Redis nothing is kept.

    The log says once if its user may not keep any. TransientError while PostgreSQL is unavailable.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._has_warned = False

    async def read[S: FoldState](
        self, ledger: LedgerReader, fold: GroupFold[S], key: str, incarnation: str
    ) -> S | None:
        """Return the state of a group as it was kept; None where it has to be folded."""
        if fold.keeping is None:
            return None
        try:
            # unlike GET it answers nothing for a key of another type
            found: list[Any] = await self._redis.mget(key_of(fold, key))
        except (RedisError, OSError) as error:
            self._warn_of(error)
            return None
        kept = parse(fold, key, incarnation, found[0] or b"")
        if kept is None or await ledger.recording(kept.state.version) != kept.recording:
            return None
        return kept.state

    async def write[S: FoldState](
        self,
        ledger: LedgerReader,
        fold: GroupFold[S],
        key: str,
        incarnation: str,
        state: S,
        *,
        only_again: bool = False,
    ) -> int | None:
        """Keep a state, which is trimmed, and return how many bytes it has; 0 if it cannot be kept.

        With `only_again` it replaces what is there. None says that nothing is: it was dropped, or
        its life is over.
        """
        recording = await ledger.recording(state.version)
        if recording is None:
            return 0
        try:
            text = text_of(fold, key, incarnation, Kept(state, recording))
            name = key_of(fold, key)
            is_kept = await self._redis.set(name, text, ex=LIFE_SECONDS, xx=only_again)
        except (RedisError, OSError, TypeError) as error:
            self._warn_of(error)
            return 0
        return len(text) if is_kept else None

    async def drop(self, fold: GroupFold[Any], key: str) -> None:
        """Have a state folded again, also by who goes on from it."""
        try:
            await self._redis.unlink(key_of(fold, key))
        except (RedisError, OSError) as error:
            self._warn_of(error)

    def _warn_of(self, error: Exception) -> None:
        if isinstance(error, NoPermissionError) and not self._has_warned:
            self._has_warned = True
            logger.warning("may not keep states in Redis", key=f"{KEPT_PREFIX}*", error=str(error))


def key_of(fold: GroupFold[Any], key: str) -> str:
    """Return the key of a kept state: that of the document behind a prefix of its own."""
    return f"{KEPT_PREFIX}{fold.read_models[0].key(key)}"


def is_same_state[S: FoldState](fold: GroupFold[S], kept: S, state: S) -> bool:
    """Return whether a kept state goes on as one that was folded from the beginning."""
    assert fold.keeping is not None
    return fold.keeping.pack(kept) == fold.keeping.pack(fold.trim(state))


def text_of[S: FoldState](fold: GroupFold[S], key: str, incarnation: str, kept: Kept[S]) -> bytes:
    """Return the bytes that a state is kept as: a digest and what it is of, then the state.

    TypeError where a state has what JSON cannot say.
    """
    assert fold.keeping is not None
    packed = orjson.Fragment(fold.keeping.pack(kept.state))
    text = orjson.dumps([incarnation, key, _code_of(fold), kept.recording, packed])
    return hashlib.sha256(text).hexdigest().encode() + text


def parse[S: FoldState](
    fold: GroupFold[S], key: str, incarnation: str, text: bytes
) -> Kept[S] | None:
    """Return the state that these bytes keep; None for any others."""
    digest, text = text[:_DIGEST_CHARACTERS], text[_DIGEST_CHARACTERS:]
    if fold.keeping is None or hashlib.sha256(text).hexdigest().encode() != digest:
        return None
    try:
        *state_of, recording, packed = orjson.loads(text)
        if state_of != [incarnation, key, _code_of(fold)]:
            return None
        return Kept(fold.keeping.unpack(key, packed), str(recording))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None  # sealed as if it was a state: whatever it is, the ledger has the truth


def _code_of(fold: GroupFold[Any]) -> str:
    """Return what stands for all that a state follows from but the events."""
    assert fold.keeping is not None
    return hashlib.sha256("\0".join([fold.keeping.code, *_READ_BY]).encode()).hexdigest()
