"""Keys that tests have the secrets of, a store of keys in memory, and clients that sign."""

import itertools
import os
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import httpx2

from tradewind.keys.issue import Request, issue
from tradewind.keys.key_text import KeyText
from tradewind.keys.model import Accounts, Grant, Key, KeyKind, KeyScope
from tradewind.keys.seal import Seal
from tradewind.keys.signing import SignedRequest, authorization
from tradewind.keys.store import KeySnapshot, Session

SEAL_KEY = bytes(range(32))
SEAL = Seal(SEAL_KEY)
ALL_SCOPES = tuple(KeyScope)


@dataclass(frozen=True)
class OwnedKey:
    """A key as the platform keeps it, and its secret."""

    key: Key
    text: KeyText

    @property
    def key_id(self) -> str:
        return self.key.key_id

    def authorization(
        self,
        method: str,
        target: str | bytes,
        body: bytes = b"",
        *,
        timestamp_ms: int | None = None,
        nonce: str | None = None,
    ) -> str:
        """Return the header that signs a request, or shows a bearer token."""
        if self.key.kind is KeyKind.BEARER:
            return f"Bearer {self.text.text}"
        raw = target.encode() if isinstance(target, str) else target
        at = time.time_ns() // 1_000_000 if timestamp_ms is None else timestamp_ms
        request = SignedRequest(method, raw, body, at, nonce or new_nonce())
        return authorization(self.text, request)


def owned_key(
    kind: KeyKind = KeyKind.ED25519,
    *scopes: KeyScope,
    accounts: Accounts | None = None,
    networks: tuple[Any, ...] = (),
    **more: Any,
) -> OwnedKey:
    """Return a new key of some scopes, all unless they are named."""
    default = (KeyScope.READ,) if kind is KeyKind.BEARER else ALL_SCOPES
    grant = Grant(frozenset(scopes or default), accounts or Accounts(), networks)
    request = Request("test", kind, grant, "tester@test")
    key, text = issue(request, now=datetime.now(UTC), entropy=os.urandom, seal=SEAL)
    return OwnedKey(replace(key, **more), text)


def new_nonce() -> str:
    return os.urandom(12).hex()


class MemoryKeys:
    """A store of keys in a dictionary; an `error` is raised instead of an answer."""

    def __init__(self, *owned: OwnedKey) -> None:
        self.keys = {one.key_id: one.key for one in owned}
        self.sessions: dict[bytes, Session] = {}
        self.error: Exception | None = None
        self.reads = 0
        self._versions = itertools.count(1)
        self._version = next(self._versions)

    def change(self, key: Key) -> None:
        """Add a key or put it in place of the one of its id."""
        self.keys[key.key_id] = key
        self._version = next(self._versions)

    async def snapshot(self, known: KeySnapshot | None) -> KeySnapshot:
        self._check()
        self.reads += 1
        if known is not None and known.version == self._version:
            return known
        usable = {name: key for name, key in self.keys.items() if key.revoked_at is None}
        return KeySnapshot(self._version, usable, dict(self.sessions))

    async def open_session(self, digest: bytes, session: Session) -> None:
        self._check()
        self.sessions[digest] = session
        self._version = next(self._versions)

    async def end_session(self, digest: bytes) -> None:
        self._check()
        self.sessions.pop(digest, None)
        self._version = next(self._versions)

    def _check(self) -> None:
        if self.error is not None:
            raise self.error


class Signing(httpx2.Auth):
    """Signs the requests of an HTTP client as they are sent."""

    requires_request_body = True

    def __init__(
        self, owned: OwnedKey, change: Callable[[str], str] = lambda header: header
    ) -> None:
        self._owned = owned
        self._change = change

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response]:
        header = self._owned.authorization(request.method, request.url.raw_path, request.content)
        request.headers["Authorization"] = self._change(header)
        yield request
