"""Describes how a connection that comes without a key says in its first message whose it is."""

from typing import Protocol

from gateway.http.caller import Caller


class StreamAuthenticator(Protocol):
    """Reads the first message of a connection; InvalidMessage when it proves nothing."""

    async def authenticate(self, text: str, address: str | None) -> Caller: ...
