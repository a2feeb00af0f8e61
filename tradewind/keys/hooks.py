"""Hooks: addresses with a secret in them, for those who can send a request and not sign it.

Whoever has the token may submit signals as one source, and nothing else.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tradewind.errors import PermanentError
from tradewind.keys.issue import NAME_PATTERN
from tradewind.keys.key_text import new_key_id
from tradewind.postgres import Pool, outage_is_transient
from tradewind.queries import load_queries

TOKEN_BYTES: Final = 32
TOKEN_PATTERN: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
SOURCE_PATTERN: Final = r"[a-z0-9][a-z0-9_-]{0,31}"
_QUERIES: Final = load_queries("tradewind.keys")

Entropy = Callable[[int], bytes]


class HookRefused(PermanentError):
    """Such a hook would be useless; the text says what to change."""

    code = "HOOK_REFUSED"


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook as the platform keeps it, without its token."""

    hook_id: str
    name: str
    source: str
    created_at: datetime
    created_by: str
    revoked_at: datetime | None = None
    revoked_by: str | None = None


def digest_of(token: str) -> bytes:
    """Return what a token is known by; 256 random bits need no slower hash."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def new_hook(
    name: str, source: str, *, created_by: str, at: datetime, entropy: Entropy
) -> tuple[Hook, str]:
    """Return a hook and its token, which nobody can show again; HookRefused."""
    if re.fullmatch(NAME_PATTERN, name) is None:
        raise HookRefused("name: 1 to 64 letters, digits, dots, - or _")
    if re.fullmatch(SOURCE_PATTERN, source) is None:
        raise HookRefused("source: 1 to 32 lower-case letters, digits, - or _")
    token = entropy(TOKEN_BYTES).hex()
    return Hook(new_key_id(entropy), name, source, at, created_by), token


class HookStore:
    """The table of hooks. Every method raises DatabaseUnavailable while PostgreSQL is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, hook: Hook, token: str) -> None:
        """Keep a new hook."""
        with outage_is_transient():
            await self._pool.execute(
                _QUERIES["insert_hook"],
                *(hook.hook_id, digest_of(token), hook.name, hook.source),
                *(hook.created_at, hook.created_by),
            )

    async def revoke(self, hook_id: str, actor: str) -> bool:
        """End a hook at once; False when it is unknown or was revoked before."""
        with outage_is_transient():
            tag = await self._pool.execute(_QUERIES["revoke_hook"], hook_id, actor)
        return str(tag) == "UPDATE 1"

    async def list(self, *, with_ended: bool, limit: int) -> Sequence[Hook]:
        """Return hooks, newest first."""
        with outage_is_transient():
            rows = await self._pool.fetch(_QUERIES["select_hooks"], with_ended, limit)
        return [_hook(row) for row in rows]

    async def by_digest(self, digest: bytes) -> Hook | None:
        """Return the usable hook of a token; None where there is none."""
        with outage_is_transient():
            row = await self._pool.fetchrow(_QUERIES["select_usable_hook"], digest)
        return None if row is None else _hook(row)


def _hook(row: Any) -> Hook:
    return Hook(**dict(row))
