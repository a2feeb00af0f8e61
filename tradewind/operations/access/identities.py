"""Who logs in: every role, the people beside them, and the one who sets everything up."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal

from tradewind.contracts.roles import Role

type ServerName = Literal["nats", "postgres", "redis"]

SERVER_NAMES: Final[tuple[ServerName, ...]] = ("nats", "postgres", "redis")


class Identity(StrEnum):
    """Somebody with logins of their own. The value is the name they log in with, but for one."""

    ADMINISTRATOR = "administrator"
    """Owns schema and streams: `tradewind up`, `migrate` and `provision`; nothing that runs on."""
    GATEWAY = Role.GATEWAY.value
    RISK = Role.RISK.value
    PLANNER = Role.PLANNER.value
    ORCHESTRATOR = Role.ORCHESTRATOR.value
    COORDINATOR = Role.COORDINATOR.value
    MARKET = Role.MARKET.value
    SWEEPER = Role.SWEEPER.value
    OPERATOR = "operator"
    """A person who decides something: retries a dead letter, resumes a wallet, rebuilds."""
    READER = "reader"
    """A person, or a dashboard, who looks."""

    @property
    def login(self) -> str:
        """The user's name at every server."""
        return ADMINISTRATOR_LOGIN if self is Identity.ADMINISTRATOR else self.value


ADMINISTRATOR_LOGIN: Final = "tradewind"
LOGINS: Final[Mapping[ServerName, frozenset[Identity]]] = {
    "nats": frozenset(Identity) - {Identity.READER},
    "postgres": frozenset(Identity) - {Identity.RISK, Identity.PLANNER, Identity.MARKET},
    "redis": frozenset(
        {
            Identity.ADMINISTRATOR,
            Identity.COORDINATOR,
            Identity.GATEWAY,
            Identity.OPERATOR,
            Identity.READER,
        }
    ),
}
"""Who can log in where. Who is not here knows the server's address and cannot get in."""
