"""Says who asks: which key, what it may do, and whose objects it may see."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import Scope

from tradewind.keys.model import Accounts, KeyScope

__all__ = [
    "ANONYMOUS",
    "CALLER",
    "LOCAL_CALLER",
    "Accounts",
    "Caller",
    "KeyScope",
    "caller_in",
    "caller_of",
]

CALLER: Final = "caller"
"""The key of the caller in an ASGI scope; a middleware sets it for every connection."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request, as far as the gateway knows it."""

    key_id: str
    scopes: frozenset[KeyScope]
    accounts: Accounts
    first_key_id: str = ""
    """The first key of a row of replacements; empty for the key itself."""

    @property
    def is_known(self) -> bool:
        """Whether it has shown a key, or this gateway asks for none."""
        return bool(self.key_id)

    @property
    def owner(self) -> str:
        """What stays the same when a key is replaced: who repeats a request is known by it."""
        return self.first_key_id or self.key_id


LOCAL_CALLER: Final = Caller("local", frozenset(KeyScope), Accounts())
"""Whoever reaches a gateway that asks for no keys."""
ANONYMOUS: Final = Caller("", frozenset(), Accounts((), ()))
"""Whoever has shown no key to a gateway that asks for one."""


def caller_of(connection: HTTPConnection) -> Caller:
    """Return who opened this connection or sent this request."""
    return caller_in(connection.scope)


def caller_in(scope: Scope) -> Caller:
    """Return the caller that the middleware found for an ASGI scope."""
    caller = scope[CALLER]
    assert isinstance(caller, Caller)
    return caller
