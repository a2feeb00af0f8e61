"""Loads the deciders of the roles whose decisions can be repeated."""

from collections.abc import Mapping
from importlib import import_module

from actors.decider import Decider
from tradewind.contracts.roles import ROLES


def load_deciders() -> Mapping[str, Decider]:
    """Return the decider of each role whose row in the table of roles has one."""
    return {
        name: import_module(f"{role.package}.decider").DECIDER
        for name, role in ROLES.items()
        if role.decides
    }
