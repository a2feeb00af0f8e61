"""Judges whether a request is of the key it names."""

import hmac
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog
from starlette.requests import Request
from starlette.types import Message, Receive, Scope

from gateway.authentication.answers import problem_of_refusal
from gateway.authentication.credentials import (
    BearerToken,
    Credentials,
    SessionCookie,
    credentials_of,
    is_safe,
)
from gateway.authentication.errors import OutsideWindow, Refused
from gateway.authentication.key_ring import KeyRing
from gateway.authentication.nonces import Nonces
from gateway.authentication.window import Window
from gateway.errors import CannotTell
from gateway.http.bodies import read_body
from gateway.http.caller import ANONYMOUS, Caller
from gateway.http.client_address import client_address
from gateway.http.problems import Problem
from gateway.limits.refusals import Refusals
from tradewind.errors import TradewindError
from tradewind.keys.model import BEARER_SCOPES, Key, KeyKind
from tradewind.keys.seal import BrokenSeal, Seal
from tradewind.keys.signing import (
    Signature,
    SignedRequest,
    is_signed_by_private_key,
    is_signed_by_secret,
)
from tradewind.keys.store import KeySnapshot

_NOBODYS_PUBLIC_KEY: Final = bytes.fromhex(
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
)
_NOBODYS_SECRET: Final = bytes(32)
"""What signatures of unknown keys are checked with, so that they take the time of known ones."""

logger = structlog.get_logger(__name__)


class KeyAuthenticator:
    """Finds the key of a request: known, of this address, right, of now, and for the first time."""

    def __init__(
        self,
        ring: KeyRing,
        nonces: Nonces,
        *,
        window: Window,
        refusals: Refusals,
        seal: Seal | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._ring = ring
        self._nonces = nonces
        self._window = window
        self._seal = seal
        self._refusals = refusals
        self._now = now

    async def authenticate(self, scope: Scope, receive: Receive) -> tuple[Caller, Receive]:
        """Return the caller, and how the rest of the request is received; a Problem refuses.

        RateLimited refuses an address of which too much was refused.

        Who opens a WebSocket and shows nothing is anonymous: a ticket may follow.
        """
        address = client_address(scope)
        self._refusals.check(address)
        try:
            credentials = credentials_of(scope)
            if credentials is None and scope["type"] == "websocket":
                return ANONYMOUS, receive
            request, receive = await _signed_parts(scope, receive, credentials)
            key = await self._key_of(credentials, request, address)
            if isinstance(credentials, Signature):
                await self._check_time(credentials, is_safe=is_safe(scope))
        except (Refused, CannotTell) as error:
            raise await self._refusal(error, scope, address) from None
        return _caller(key), receive

    def caller(self, key_id: str, address: str | None) -> Caller | None:
        """Return the caller a key makes at an address, None if the key may not be used there now.

        CannotTell while that is not known.
        """
        key = self._usable(self._ring.snapshot, key_id, address)
        return None if key is None else _caller(key)

    def _usable(self, known: KeySnapshot, key_id: str, address: str | None) -> Key | None:
        key = known.keys.get(key_id)
        may_be_used = key is not None and key.is_usable(self._datetime()) and key.admits(address)
        return key if may_be_used else None

    async def _key_of(
        self, credentials: Credentials | None, request: SignedRequest | None, address: str | None
    ) -> Key:
        """Return the key that is shown, by what is known or will be within a moment."""
        if credentials is None:
            raise Refused("nothing was shown")
        known = self._ring.snapshot
        key = self._judge(known, credentials, request, address)
        if key is None:
            renewed = await self._ring.renewed()
            if renewed is not known:
                key = self._judge(renewed, credentials, request, address)
        if key is None:
            raise Refused("no usable key, or another's")
        return key

    def _judge(
        self,
        known: KeySnapshot,
        credentials: Credentials,
        request: SignedRequest | None,
        address: str | None,
    ) -> Key | None:
        key = self._usable(known, _key_id(known, credentials, self._datetime()), address)
        match credentials:
            case SessionCookie():
                is_right = True
            case BearerToken(digest=digest):
                verifier = _verifier(key, KeyKind.BEARER, bytes(32))
                is_right = hmac.compare_digest(verifier, digest)
            case Signature():
                assert request is not None
                is_right = self._is_signed(key, credentials, request)
        return key if is_right else None

    def _is_signed(self, key: Key | None, given: Signature, request: SignedRequest) -> bool:
        text = request.canonical_text
        if given.kind is KeyKind.ED25519:
            public_key = _verifier(key, given.kind, _NOBODYS_PUBLIC_KEY)
            is_right = is_signed_by_private_key(given.signature, text, public_key)
        else:
            is_right = is_signed_by_secret(given.signature, text, self._secret(key))
        return is_right and key is not None and key.kind is given.kind

    def _secret(self, key: Key | None) -> bytes:
        if key is None or key.kind is not KeyKind.HMAC:
            return _NOBODYS_SECRET
        try:
            if self._seal is None:
                raise BrokenSeal("TRADEWIND_KEY_SEAL_FILE is not set, and there are hmac keys")
            return self._seal.decrypt(key.key_id, key.verifier)
        except BrokenSeal as error:
            logger.error("hmac keys cannot be checked", error=str(error))
            raise CannotTell("the secret of the key cannot be read") from error

    async def _check_time(self, given: Signature, *, is_safe: bool) -> None:
        signed_at = given.timestamp_ms / 1_000
        if not self._window.includes(signed_at, self._now()):
            raise OutsideWindow("the clock of the sender is wrong")
        if not await self._nonces.use(given.key_id, given.nonce, signed_at, is_safe=is_safe):
            raise Refused("the nonce was used before")

    async def _refusal(self, error: TradewindError, scope: Scope, address: str | None) -> Problem:
        if isinstance(error, Refused):
            await self._refusals.count(address)
        logger.info(
            "not authenticated",
            reason=str(error),
            client=address,
            request_id=scope.get("request_id"),
        )
        return problem_of_refusal(error, self._datetime)

    def _datetime(self) -> datetime:
        return datetime.fromtimestamp(self._now(), UTC)


async def _signed_parts(
    scope: Scope, receive: Receive, credentials: Credentials | None
) -> tuple[SignedRequest | None, Receive]:
    """Return what a signature is about, and a `Receive` that has the body that was read."""
    if not isinstance(credentials, Signature):
        return None, receive
    body = b""
    if scope["type"] == "http":
        body = await read_body(Request(scope, receive))
        receive = _once_more(body, receive)
    target = scope.get("raw_path") or scope["path"].encode()
    if scope["query_string"]:
        target += b"?" + scope["query_string"]
    method = scope.get("method", "GET")
    parts = SignedRequest(method, target, body, credentials.timestamp_ms, credentials.nonce)
    return parts, receive


def _once_more(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again


def _key_id(known: KeySnapshot, credentials: Credentials, now: datetime) -> str:
    if not isinstance(credentials, SessionCookie):
        return credentials.key_id
    session = known.sessions.get(credentials.digest)
    return session.key_id if session is not None and now < session.expires_at else ""


def _verifier(key: Key | None, kind: KeyKind, nobodys: bytes) -> bytes:
    return key.verifier if key is not None and key.kind is kind else nobodys


def _caller(key: Key) -> Caller:
    scopes = key.grant.scopes
    if key.kind is KeyKind.BEARER:
        scopes &= BEARER_SCOPES
    return Caller(key.key_id, scopes, key.grant.accounts, key.first_key_id)
