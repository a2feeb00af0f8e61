"""Adds an identity's login to a server's address, or removes it."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from tradewind.contracts.roles import ServerName
from tradewind.operations.access.credentials import Credentials
from tradewind.operations.access.identities import Identity, servers_of
from tradewind.settings import PREFIX

ADDRESS_VARIABLES: Final[Mapping[ServerName, str]] = {
    "nats": f"{PREFIX}NATS_URL",
    "postgres": f"{PREFIX}POSTGRES_DSN",
    "redis": f"{PREFIX}REDIS_URL",
}


def address_for(
    server: ServerName, address: str, identity: Identity, credentials: Credentials
) -> str:
    """Return a server's bare address with the login of an identity, if it has one there."""
    if server not in servers_of(identity):
        return address
    return with_login(address, identity.login, credentials.password(server, identity))


def with_login(address: str, login: str, password: str) -> str:
    """Return an address with a login; several servers are separated by commas."""
    user = f"{quote(login, safe='')}:{quote(password, safe='')}@"
    return ",".join(_replace_user(one, user) for one in address.split(","))


def without_login(address: str) -> str:
    """Return an address without user and password, which may be logged."""
    return ",".join(_replace_user(one, "") for one in address.split(","))


def _replace_user(address: str, user: str) -> str:
    parts = urlsplit(address)
    return parts._replace(netloc=user + parts.netloc.rpartition("@")[2]).geturl()
