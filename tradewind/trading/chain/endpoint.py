"""One RPC endpoint over HTTP."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from tradewind.trading.chain.json_rpc import Call, Fault, InvalidReply, Reply, decode, encode

HEADERS: Final = {"Content-Type": "application/json"}
MAX_BODY_BYTES: Final = 64 * 1024 * 1024
MAX_PAUSE_SECONDS: Final = 30.0
"""A node may ask for a longer pause, but then its answer may be needed more than its goodwill."""
TOO_MANY_REQUESTS: Final = 429
FIRST_REDIRECT: Final = 300
FIRST_CLIENT_ERROR: Final = 400
FIRST_SERVER_ERROR: Final = 500
SAYS_NOTHING_OF_THE_SIZE: Final = frozenset({401, 402, 403, 404, 407, 408})
"""With these, a smaller request would be refused as well."""


class EndpointFailure(Exception):
    """The endpoint gave no usable answer. `may_have_arrived` is False only when that is proven."""

    def __init__(
        self,
        reason: str,
        *,
        may_have_arrived: bool,
        is_refusal: bool = False,
        is_slow: bool = False,
        was_cut: bool = False,
        fault: Fault | None = None,
        pause_seconds: float = 0.0,
    ) -> None:
        super().__init__(reason)
        self.may_have_arrived = may_have_arrived
        self.is_refusal = is_refusal
        """Whether the endpoint is there and refused this request, so that a part of it may pass."""
        self.is_slow = is_slow
        """Whether there was an answer to be expected that took too long."""
        self.was_cut = was_cut
        """Whether the connection ended before the answer did, as an idle one may at any time."""
        self.fault = fault
        """The node's own error, where it gave one for the whole request."""
        self.pause_seconds = pause_seconds
        """How long the endpoint asks to be left alone."""


class Endpoint:
    """A node's address. Only the host is ever logged, because paths and queries carry API keys."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session
        self.name = urlsplit(url).netloc.rpartition("@")[2]

    def __repr__(self) -> str:
        return f"Endpoint({self.name})"

    async def exchange(self, calls: Sequence[Call]) -> list[Reply]:
        """Return the replies to one request; EndpointFailure when there are none.

        Redirects are not followed: a signed transaction goes to no host that is not configured.
        """
        try:
            async with self._session.post(
                self._url, data=encode(calls), headers=HEADERS, allow_redirects=False
            ) as answer:
                return self._replies(answer, await self._body(answer), calls)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise self._failure(type(error).__name__, may_have_arrived=False) from None
        except TimeoutError as error:
            raise self._failure(type(error).__name__, is_slow=True) from None
        except aiohttp.ClientError as error:
            # Some nodes hang up on a batch they find too long, or break off what became too long.
            raise self._failure(type(error).__name__, is_refusal=True, was_cut=True) from None

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in answer.content.iter_any():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                answer.close()
                raise self._failure(f"over {MAX_BODY_BYTES} bytes", is_refusal=True)
        return bytes(body)

    def _replies(
        self, answer: aiohttp.ClientResponse, body: bytes, calls: Sequence[Call]
    ) -> list[Reply]:
        status = answer.status
        if status == TOO_MANY_REQUESTS:
            pause = _pause_seconds(answer)
            raise self._failure("HTTP 429", may_have_arrived=False, pause_seconds=pause)
        if FIRST_REDIRECT <= status < FIRST_CLIENT_ERROR:
            there = urlsplit(answer.headers.get("Location", "")).netloc or "elsewhere"
            reason = f"HTTP {status}, redirects to {there}: configure the address of a node itself"
            raise self._failure(reason, may_have_arrived=False)
        try:
            # Some nodes send JSON-RPC errors with an HTTP error status, so the body decides.
            return decode(body, calls)
        except InvalidReply as error:
            raise self._failure(
                f"HTTP {status}, {error}",
                may_have_arrived=not FIRST_CLIENT_ERROR <= status < FIRST_SERVER_ERROR,
                is_refusal=error.fault is not None
                or (status < FIRST_SERVER_ERROR and status not in SAYS_NOTHING_OF_THE_SIZE),
                fault=error.fault,
                pause_seconds=_pause_seconds(answer),
            ) from None

    def _failure(
        self, reason: str, *, may_have_arrived: bool = True, **details: Any
    ) -> EndpointFailure:
        return EndpointFailure(
            f"{self.name}: {reason}", may_have_arrived=may_have_arrived, **details
        )


def _pause_seconds(answer: aiohttp.ClientResponse) -> float:
    """Return the pause that Retry-After asks for in seconds; a date is left to our own rest."""
    text = answer.headers.get("Retry-After", "").strip()
    return min(float(text), MAX_PAUSE_SECONDS) if text.isdecimal() else 0.0
