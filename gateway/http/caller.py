"""Says who asks: which key, what it may do, and whose objects it may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import Scope

CALLER: Final = "caller"
"""The key of the caller in an ASGI scope; a middleware sets it for every connection."""


class KeyScope(StrEnum):
    """What a key may do. `trade` does not include `read`, nor `admin` the others."""

    READ = "read"
    TRADE = "trade"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Accounts:
    """Patterns (`*` stands for any letters) of the strategies and portfolios a key is about."""

    strategies: Sequence[str] = ("*",)
    portfolios: Sequence[str] = ("*",)

    def cover(self, strategy_id: str, portfolio_id: str) -> bool:
        """Return whether an object of this strategy and portfolio may be seen and changed."""
        return _matches(strategy_id, self.strategies) and _matches(portfolio_id, self.portfolios)

    @property
    def are_all(self) -> bool:
        """Whether there is nothing that they do not cover."""
        return "*" in self.strategies and "*" in self.portfolios


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request, as far as the gateway knows it."""

    key_id: str
    scopes: frozenset[KeyScope]
    accounts: Accounts


LOCAL_CALLER: Final = Caller("local", frozenset(KeyScope), Accounts())
"""Whoever reaches a gateway that asks for no keys."""


def caller_of(connection: HTTPConnection) -> Caller:
    """Return who opened this connection or sent this request."""
    return caller_in(connection.scope)


def caller_in(scope: Scope) -> Caller:
    """Return the caller that the middleware found for an ASGI scope."""
    caller = scope[CALLER]
    assert isinstance(caller, Caller)
    return caller


def _matches(text: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)
