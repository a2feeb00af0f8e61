"""Gives out tickets for the WebSocket: good once, for half a minute, for who asked for it."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.authentication.credentials import digest_of
from gateway.authentication.errors import Refused
from gateway.authentication.nonces import KEY_PREFIX
from gateway.errors import CannotTell
from gateway.http.caller import LOCAL_CALLER, Caller
from tradewind.keys.key_text import SECRET_BYTES, encode_secret
from tradewind.runtime import clock

TICKET_SECONDS: Final = 30
MAX_TICKET_CHARACTERS: Final = 64
_PREFIX: Final = "twt_"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket, which is a secret until it is used."""

    text: str
    expires_at: datetime


class KeyDirectory(Protocol):
    """Tells the caller that a usable key makes; None for a key that is none any more."""

    def caller(self, key_id: str, address: str | None) -> Caller | None: ...


class StreamTickets:
    """Keeps tickets in Redis, so that any process of the gateway takes them.

    A browser cannot sign the handshake of a WebSocket, and what stands in its address is logged.
    """

    def __init__(
        self,
        redis: Redis,
        directory: KeyDirectory | None,
        now: Callable[[], datetime] = lambda: clock.now(),
    ) -> None:
        self._redis = redis
        self._directory = directory
        self._now = now

    async def issue(self, caller: Caller, address: str | None) -> Ticket:
        """Return a ticket for a caller; CannotTell while it cannot be kept."""
        text = _PREFIX + encode_secret(secrets.token_bytes(SECRET_BYTES))
        owner = json.dumps([caller.key_id, address])
        try:
            await self._redis.set(_key(text), owner, nx=True, px=TICKET_SECONDS * 1_000)
        except (RedisError, OSError) as error:
            raise CannotTell("Redis cannot keep a ticket") from error
        return Ticket(text, self._now() + timedelta(seconds=TICKET_SECONDS))

    async def redeem(self, text: str, address: str | None) -> Caller:
        """Return the caller that a ticket was given to, and use it up; Refused or CannotTell."""
        if len(text) > MAX_TICKET_CHARACTERS:
            raise Refused("no ticket is so long")
        try:
            owner = await self._redis.getdel(_key(text))
        except (RedisError, OSError) as error:
            raise CannotTell("Redis cannot tell whose ticket it is") from error
        if owner is None:
            raise Refused("the ticket is unknown, old or used")
        key_id, given_to = json.loads(owner)
        if given_to != address:
            raise Refused("the ticket was given to another address")
        caller = LOCAL_CALLER
        if self._directory is not None:
            caller = self._directory.caller(key_id, address) or _no_key()
        return caller


def _no_key() -> Caller:
    raise Refused("the key of the ticket is usable no more")


def _key(text: str) -> str:
    return f"{KEY_PREFIX}ticket:{digest_of(text).hex()}"
