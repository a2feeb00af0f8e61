"""Reads what a request shows of its sender: a signature, a bearer token or a session's cookie."""

import hashlib
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from gateway.authentication.errors import Refused
from gateway.http.hosts import is_loopback
from tradewind.keys.key_text import MalformedKey, parse_key
from tradewind.keys.model import KeyKind
from tradewind.keys.signing import Signature, parse_signature

COOKIE: Final = "__Host-tw"
LOOPBACK_COOKIE: Final = "tw"
"""Browsers keep a `__Host-` cookie of HTTPS only, and there is none on loopback."""
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_BEARER: Final = "bearer "


@dataclass(frozen=True, slots=True)
class BearerToken:
    """A token: the id of its key, and the SHA-256 that its verifier has to be."""

    key_id: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """The SHA-256 of a session's cookie."""

    digest: bytes


type Credentials = Signature | BearerToken | SessionCookie


def credentials_of(scope: Scope) -> Credentials | None:
    """Return what a request shows, None when it shows nothing; Refused when it is malformed.

    A header counts before a cookie, which browsers send unasked.
    """
    headers = Headers(scope=scope)
    given = headers.getlist("authorization")
    if len(given) > 1:
        raise Refused("two Authorization headers")
    if given:
        return _of_header(given[0])
    cookie = _session_cookie(headers)
    if cookie is None:
        return None
    if not _is_of_our_page(headers, is_safe=is_safe(scope)):
        raise Refused("the cookie came with a request of another page")
    return SessionCookie(digest_of(cookie))


def is_safe(scope: Scope) -> bool:
    """Return whether a request changes nothing, however often it is sent."""
    return scope["type"] == "websocket" or scope["method"] in SAFE_METHODS


def cookie_name(headers: Headers) -> str:
    """Return the name of the session's cookie under the host a request was sent to."""
    host = headers.get("host", "").lower()
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return LOOPBACK_COOKIE if is_loopback(name.strip("[]")) else COOKIE


def digest_of(secret: str) -> bytes:
    """Return what is kept of a secret of 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def _of_header(header: str) -> Credentials:
    signature = parse_signature(header)
    if signature is not None:
        return signature
    if not header.lower().startswith(_BEARER):
        raise Refused("the Authorization header is malformed")
    try:
        key = parse_key(header[len(_BEARER) :])
    except MalformedKey:
        raise Refused("the bearer token is malformed") from None
    if key.kind is not KeyKind.BEARER:
        raise Refused(f"the secret of the key {key.key_id} was sent: revoke it")
    return BearerToken(key.key_id, digest_of(key.text))


def _session_cookie(headers: Headers) -> str | None:
    name = cookie_name(headers)
    pairs = [
        pair.strip().partition("=")
        for header in headers.getlist("cookie")
        for pair in header.split(";")
    ]
    found = [value for key, _, value in pairs if key == name]
    if len(found) > 1:
        raise Refused("two cookies of a session")
    return found[0] if found else None


def _is_of_our_page(headers: Headers, *, is_safe: bool) -> bool:
    """Return whether a page of this gateway sent a request with a cookie.

    Whose `Origin` is not ours never comes here. A request that changes something has to have one,
    or to say in another way that it is of our own page; a browser always does.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin" or (is_safe and site == "none")
    return is_safe or "origin" in headers
