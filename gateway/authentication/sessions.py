"""Signs people in: a cookie that scripts cannot read, in place of a key in a browser."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

from gateway.authentication.credentials import digest_of
from gateway.authentication.key_ring import KeyRing
from gateway.errors import CannotTell
from tradewind.errors import TransientError
from tradewind.keys.key_text import SECRET_BYTES, encode_secret
from tradewind.keys.store import Session
from tradewind.runtime import clock

SESSION_SECONDS: Final = 12 * 60 * 60


class SessionStore(Protocol):
    """Keeps sessions; TransientError while it cannot."""

    async def open_session(self, digest: bytes, session: Session) -> None: ...

    async def end_session(self, digest: bytes) -> None: ...


class Sessions:
    """Opens and ends sessions. One ends with its key, and after half a day in any case."""

    def __init__(
        self,
        store: SessionStore,
        ring: KeyRing,
        now: Callable[[], datetime] = lambda: clock.now(),
    ) -> None:
        self._store = store
        self._ring = ring
        self._now = now

    async def open(self, key_id: str) -> tuple[str, datetime]:
        """Return a new cookie, and until when it is good; CannotTell while it cannot be kept."""
        cookie = encode_secret(secrets.token_bytes(SECRET_BYTES))
        expires_at = self._now() + timedelta(seconds=SESSION_SECONDS)
        key = self._ring.snapshot.keys.get(key_id)
        if key is not None and key.expires_at is not None:
            expires_at = min(expires_at, key.expires_at)
        try:
            await self._store.open_session(digest_of(cookie), Session(key_id, expires_at))
        except TransientError as error:
            raise CannotTell("the session cannot be kept") from error
        return cookie, expires_at

    async def end(self, cookie: str) -> None:
        """End a session, for this process at once; CannotTell while it cannot be ended."""
        try:
            await self._store.end_session(digest_of(cookie))
        except TransientError as error:
            raise CannotTell("the session cannot be ended") from error
        await self._ring.renewed()
