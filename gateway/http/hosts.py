"""Knows the names under which this gateway may be asked."""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from starlette.types import Scope

MAX_PORT: Final = 65_535
MAX_KNOWN_HOSTS: Final = 64
"""Hosts of which it is remembered whether they are this machine."""
_AUTHORITY: Final = re.compile(
    r"(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)(?::([0-9]{0,5}))?", re.ASCII
)
_PATTERN: Final = re.compile(
    r"(?:(https?)://)?((?:\*\.)?[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}|\*))?", re.ASCII
)
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Authority:
    """A host with a port, as a request or an origin names it."""

    host: str
    port: int | None

    def is_same(self, other: "Authority", scheme: str) -> bool:
        """Return whether two name the same place, for a scheme that has a port of its own."""
        usual = _DEFAULT_PORTS[scheme]
        return self.host == other.host and (self.port or usual) == (other.port or usual)


def parse_authority(text: str) -> Authority:
    """Return the parts of `host:port`; ValueError when it is none."""
    found = _AUTHORITY.fullmatch(text.lower())
    port = int(found[2]) if found and found[2] else None
    if not found or (port is not None and not 0 < port <= MAX_PORT):
        raise ValueError("must be HOST or HOST:PORT")
    return Authority(found[1], port)


@dataclass(frozen=True, slots=True)
class HostPattern:
    """Hosts that are served: `desk.example`, `*.desk.example:8080`, `https://desk.example`."""

    scheme: str
    host: str
    port: int | None
    """None for every port."""

    def covers(self, asked: Authority) -> bool:
        """Return whether a host is one of these."""
        port = asked.port or _DEFAULT_PORTS[self.scheme]
        if self.port is not None and self.port != port:
            return False
        if self.host.startswith("*."):
            return asked.host.endswith(self.host[1:]) and len(asked.host) >= len(self.host)
        return self.host == asked.host


def parse_hosts(text: str) -> Sequence[HostPattern]:
    """Return the patterns of a setting; ValueError names the one that is none."""
    return [_parse_pattern(part.strip()) for part in text.split(",") if part.strip()]


def _parse_pattern(text: str) -> HostPattern:
    found = _PATTERN.fullmatch(text.lower())
    port = int(found[3]) if found and found[3] and found[3] != "*" else None
    if not found or (port is not None and not 0 < port <= MAX_PORT):
        raise ValueError(f"{text[:64]!r} is not HOST, HOST:PORT or https://HOST")
    return HostPattern(found[1] or "http", found[2], port)


class ServedHosts:
    """The names of this machine, the address that was connected to, and what a setting adds.

    A page of another site can have its name point here, and its requests are then of the same
    origin to a browser. What it cannot do is ask under a name that belongs here: names of this
    machine always mean this machine, and whoever asks for an address asks for no name at all.
    """

    def __init__(self, bound_host: str, more: Iterable[HostPattern] = ()) -> None:
        bound = f"[{bound_host}]" if ":" in bound_host else bound_host.lower()
        self._patterns = (HostPattern("http", bound, None), *more)

    def schemes_of(self, asked: Authority, scope: Scope) -> set[str]:
        """Return by which schemes pages of a host reach this gateway; none when it is another's."""
        schemes = {pattern.scheme for pattern in self._patterns if pattern.covers(asked)}
        is_ours = is_loopback(asked.host) or _is_address_of(scope, asked.host)
        return schemes | {"http"} if is_ours else schemes

    def is_own_origin(self, origin: str, asked: Authority, scope: Scope) -> bool:
        """Return whether a page of this origin came from the host that is asked."""
        scheme, separator, authority = origin.partition("://")
        if not separator or scheme not in self.schemes_of(asked, scope):
            return False
        try:
            return parse_authority(authority).is_same(asked, scheme)
        except ValueError:
            return False


def _is_address_of(scope: Scope, host: str) -> bool:
    """Return whether a host is the address at which the connection of a request arrived."""
    server, _ = scope.get("server") or (None, None)
    try:
        return server is not None and _address_of(server) == _address_of(host)
    except ValueError:
        return False


def _address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(maxsize=MAX_KNOWN_HOSTS)
def is_loopback(host: str) -> bool:
    """Return whether a host name or address never leaves this machine."""
    try:
        return _address_of(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
