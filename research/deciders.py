"""The roles whose decisions can be asked for again."""

from collections.abc import Mapping
from importlib import import_module

from actors.decider import Decider
from tradewind.contracts.roles import ROLES


def load_deciders() -> Mapping[str, Decider]:
    """Return by role what decides; a role says in its declaration that it does."""
    return {
        name: import_module(f"{role.package}.decider").DECIDER
        for name, role in ROLES.items()
        if role.decides
    }
