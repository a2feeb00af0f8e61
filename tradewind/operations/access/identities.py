"""Who logs in: every role, the people beside them, and the one who sets everything up."""

from collections.abc import Mapping
from typing import ClassVar, Final

from tradewind.contracts.roles import ROLES, SERVER_NAMES, ServerName

ADMINISTRATOR_LOGIN: Final = "tradewind"


class Identity(str):
    """Somebody with logins of their own: a role's name, or one of these."""

    __slots__ = ()

    ADMINISTRATOR: ClassVar["Identity"]
    """Owns schema and streams: `tradewind up`, `migrate` and `provision`; nothing that runs on."""
    OPERATOR: ClassVar["Identity"]
    """A person who decides something: retries a dead letter, resumes a wallet, rebuilds."""
    READER: ClassVar["Identity"]
    """A person, or a dashboard, who looks."""

    @property
    def login(self) -> str:
        """The user's name at every server."""
        return ADMINISTRATOR_LOGIN if self == Identity.ADMINISTRATOR else str(self)


Identity.ADMINISTRATOR = Identity("administrator")
Identity.OPERATOR = Identity("operator")
Identity.READER = Identity("reader")

_PEOPLE: Final[Mapping[Identity, frozenset[ServerName]]] = {
    Identity.ADMINISTRATOR: frozenset(SERVER_NAMES),
    Identity.OPERATOR: frozenset(SERVER_NAMES),
    Identity.READER: frozenset[ServerName](("postgres", "redis")),
}


def identities() -> list[Identity]:
    """Return everybody: people first, then the roles in the order of their table."""
    return [*_PEOPLE, *map(Identity, ROLES)]


def servers_of(identity: Identity) -> frozenset[ServerName]:
    """Return where somebody can log in; elsewhere they know the address and cannot get in."""
    people = _PEOPLE.get(identity)
    return ROLES[identity].servers if people is None else people


def logins_at(server: ServerName) -> list[Identity]:
    """Return who can log in at a server, sorted by name."""
    return sorted(one for one in identities() if server in servers_of(one))
