"""Keeps keys in PostgreSQL: made, listed and ended by operators, read by the gateway."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from tradewind.keys.model import Accounts, Grant, Key, KeyKind, KeyScope
from tradewind.postgres import Connection, Pool, outage_is_transient
from tradewind.queries import load_queries

_QUERIES: Final = load_queries("tradewind.keys")
MAX_SESSIONS_PER_KEY: Final = 16
"""The oldest session ends when one more is opened."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who signed in with a key; it has all rights of the key, and none after it."""

    key_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class KeySnapshot:
    """All keys that are usable and all sessions that are open, as of a version of the store."""

    version: int
    keys: Mapping[str, Key] = field(repr=False)
    sessions: Mapping[bytes, Session] = field(repr=False)
    """By the SHA-256 of their cookie."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What was done to a key: when, by which login of the database, in whose name."""

    at: datetime
    login: str
    action: str
    actor: str


class KeyStore:
    """The table of keys. Every method raises DatabaseUnavailable while PostgreSQL is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, key: Key) -> None:
        """Keep a new key."""
        async with self._changing(key.created_by) as connection:
            await _insert(connection, key)

    async def replace(self, key: Key, old_key_id: str, old_until: datetime) -> None:
        """Keep a key that replaces another, which ends at a time unless it ends sooner."""
        async with self._changing(key.created_by) as connection:
            await _insert(connection, key)
            await connection.execute(_QUERIES["expire_key"], old_key_id, old_until)

    async def revoke(self, key_id: str, actor: str) -> bool:
        """End a key at once; False when it is unknown or was revoked before."""
        async with self._changing(actor) as connection:
            tag = await connection.execute(_QUERIES["revoke_key"], key_id, actor)
        return str(tag) == "UPDATE 1"

    async def find(self, key_id: str) -> Key | None:
        """Return a key without its verifier, or None."""
        with outage_is_transient():
            row = await self._pool.fetchrow(_QUERIES["select_key"], key_id)
        return None if row is None else _key(row)

    async def list(self, *, with_ended: bool, limit: int) -> Sequence[Key]:
        """Return keys without their verifiers, newest first."""
        with outage_is_transient():
            rows = await self._pool.fetch(_QUERIES["select_keys"], with_ended, limit)
        return [_key(row) for row in rows]

    async def audit(self, key_id: str) -> Sequence[AuditEntry]:
        """Return what was done to a key, oldest first."""
        with outage_is_transient():
            rows = await self._pool.fetch(_QUERIES["select_audit"], key_id)
        return [AuditEntry(*row) for row in rows]

    async def snapshot(self, known: KeySnapshot | None) -> KeySnapshot:
        """Return all that may be used now; `known` itself when nothing changed since."""
        with outage_is_transient():
            async with (
                self._pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                version = await connection.fetchval(_QUERIES["select_version"])
                if known is not None and known.version == version:
                    return known
                keys = await connection.fetch(_QUERIES["select_usable_keys"])
                sessions = await connection.fetch(_QUERIES["select_live_sessions"])
        return KeySnapshot(
            version,
            {row["key_id"]: _key(row) for row in keys},
            {bytes(digest): Session(key_id, until) for digest, key_id, until in sessions},
        )

    async def open_session(self, digest: bytes, session: Session) -> None:
        """Keep a session, and end the oldest of its key beyond MAX_SESSIONS_PER_KEY."""
        with outage_is_transient():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(_QUERIES["forget_sessions"], session.key_id)
                await connection.execute(
                    _QUERIES["insert_session"], digest, session.key_id, session.expires_at
                )
                await connection.execute(
                    _QUERIES["end_oldest_sessions"], session.key_id, MAX_SESSIONS_PER_KEY
                )

    async def end_session(self, digest: bytes) -> None:
        """End a session."""
        with outage_is_transient():
            await self._pool.execute(_QUERIES["end_session"], digest)

    @asynccontextmanager
    async def _changing(self, actor: str) -> AsyncIterator[Connection]:
        with outage_is_transient():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(_QUERIES["name_actor"], actor)
                yield connection


async def _insert(connection: Connection, key: Key) -> None:
    grant = key.grant
    await connection.execute(
        _QUERIES["insert_key"],
        *(key.key_id, key.first_key_id, key.name, key.kind.value),
        *(sorted(grant.scopes), list(grant.accounts.strategies), list(grant.accounts.portfolios)),
        *(list(grant.accounts.sources), list(grant.networks)),
        *(key.verifier, key.created_at, key.created_by, key.expires_at),
    )


def _key(row: Any) -> Key:
    """Return a key; without its verifier where it was not asked for."""
    fields = dict(row)
    grant = Grant(
        frozenset(map(KeyScope, fields.pop("scopes"))),
        Accounts(*(tuple(fields.pop(name)) for name in ("strategies", "portfolios", "sources"))),
        tuple(fields.pop("networks")),
    )
    return Key(**fields | {"kind": KeyKind(fields["kind"]), "grant": grant})
