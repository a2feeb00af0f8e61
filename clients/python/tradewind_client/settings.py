"""Where the platform is, and how patient a client is."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from tradewind_client.keys import ApiKey

URL_VARIABLE: Final = "TRADEWIND_URL"
DEFAULT_URL: Final = "http://127.0.0.1:8080"
DEFAULT_TIMEOUT_SECONDS: Final = 10.0
DEFAULT_MAX_RETRIES: Final = 2
DEFAULT_WAIT_SECONDS: Final = 120.0
FIRST_POLL_SECONDS: Final = 0.1
MAX_POLL_SECONDS: Final = 2.0
FIRST_RECONNECT_SECONDS: Final = 0.2
MAX_RECONNECT_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """The platform to talk to."""

    url: str
    key: ApiKey | None = field(repr=False)

    @classmethod
    def of(
        cls,
        url: str | None,
        key: ApiKey | str | None,
        environment: Mapping[str, str] = os.environ,
    ) -> "Target":
        """Return what was given, else what the environment names, else this machine's."""
        address = (url or environment.get(URL_VARIABLE) or DEFAULT_URL).rstrip("/")
        if urlsplit(address).scheme not in ("http", "https"):
            raise ValueError(f"{address!r} is no address: it begins with http:// or https://")
        if isinstance(key, str):
            key = ApiKey.parse(key)
        return cls(address, key or ApiKey.from_environment(environment))

    @property
    def stream_url(self) -> str:
        """The address of the WebSocket."""
        parts = urlsplit(self.url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        return parts._replace(scheme=scheme, path=f"{parts.path}/stream").geturl()


def poll_seconds(number: int) -> float:
    """Return the pause after the n-th look at something that is not finished."""
    return float(min(FIRST_POLL_SECONDS * 1.3**number, MAX_POLL_SECONDS))


def reconnect_seconds(number: int) -> float:
    """Return the pause after the n-th connection in a row that brought nothing."""
    return float(min(FIRST_RECONNECT_SECONDS * 2**number, MAX_RECONNECT_SECONDS))
