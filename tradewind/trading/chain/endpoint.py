"""One RPC endpoint over HTTP."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import aiohttp

from tradewind.trading.chain.json_rpc import Call, InvalidReply, Reply, decode, encode

HEADERS = {"Content-Type": "application/json"}
TOO_MANY_REQUESTS = 429
FIRST_SERVER_ERROR = 500


class EndpointFailure(Exception):
    """The endpoint gave no usable answer. `may_have_arrived` is False only when that is proven."""

    def __init__(self, reason: str, *, may_have_arrived: bool) -> None:
        super().__init__(reason)
        self.may_have_arrived = may_have_arrived


class Endpoint:
    """A node's address. Only the host is ever logged, because paths and queries carry API keys."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session
        self.name = urlsplit(url).netloc.rpartition("@")[2]

    def __repr__(self) -> str:
        return f"Endpoint({self.name})"

    async def exchange(self, calls: Sequence[Call]) -> list[Reply]:
        """Return the replies to one request; EndpointFailure when there are none."""
        try:
            async with self._session.post(self._url, data=encode(calls), headers=HEADERS) as answer:
                return self._replies(answer.status, await answer.read(), calls)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise self._failure(type(error).__name__, may_have_arrived=False) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._failure(type(error).__name__, may_have_arrived=True) from None

    def _replies(self, status: int, body: bytes, calls: Sequence[Call]) -> list[Reply]:
        if status == TOO_MANY_REQUESTS:
            raise self._failure("HTTP 429", may_have_arrived=False)
        try:
            # Some nodes send JSON-RPC errors with an HTTP error status, so the body decides.
            return decode(body, calls)
        except InvalidReply as error:
            reason = f"HTTP {status}, {error}"
            client_error = 400 <= status < FIRST_SERVER_ERROR
            raise self._failure(reason, may_have_arrived=not client_error) from None

    def _failure(self, reason: str, *, may_have_arrived: bool) -> EndpointFailure:
        return EndpointFailure(f"{self.name}: {reason}", may_have_arrived=may_have_arrived)
