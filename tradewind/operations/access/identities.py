"""The identities that log in: every role, operators and readers, and the administrator."""

from collections.abc import Mapping
from typing import ClassVar, Final

from tradewind.contracts.roles import ROLES, SERVER_NAMES, ServerName

ADMINISTRATOR_LOGIN: Final = "tradewind"


class Identity(str):
    """A name with logins of its own: that of a role, or one of these."""

    __slots__ = ()

    ADMINISTRATOR: ClassVar["Identity"]
    """Owns schema and streams: for `tradewind up`, `migrate` and `provision`, never for a role."""
    OPERATOR: ClassVar["Identity"]
    """A person who intervenes: retries a dead letter, resumes a wallet, rebuilds."""
    READER: ClassVar["Identity"]
    """A person or a dashboard that only reads."""

    PRODUCER: ClassVar["Identity"]
    """A program of ours that submits signals at the broker, and can do nothing else."""

    @property
    def login(self) -> str:
        return ADMINISTRATOR_LOGIN if self == Identity.ADMINISTRATOR else str(self)


Identity.ADMINISTRATOR = Identity("administrator")
Identity.OPERATOR = Identity("operator")
Identity.READER = Identity("reader")
Identity.PRODUCER = Identity("producer")

_PEOPLE: Final[Mapping[Identity, frozenset[ServerName]]] = {
    Identity.ADMINISTRATOR: frozenset(SERVER_NAMES),
    Identity.OPERATOR: frozenset(SERVER_NAMES),
    Identity.READER: frozenset[ServerName](("postgres", "redis")),
    Identity.PRODUCER: frozenset[ServerName](("nats",)),
}


def identities() -> list[Identity]:
    """Return all identities: people first, then the roles in the order of their table."""
    return [*_PEOPLE, *map(Identity, ROLES)]


def servers_of(identity: Identity) -> frozenset[ServerName]:
    """Return the servers an identity can log in at; of the others it has a bare address."""
    people = _PEOPLE.get(identity)
    return ROLES[identity].servers if people is None else people


def logins_at(server: ServerName) -> list[Identity]:
    """Return the identities that can log in at a server, sorted by name."""
    return sorted(one for one in identities() if server in servers_of(one))
