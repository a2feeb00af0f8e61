"""Describes a key: its kind, what it may do, whose objects it is about, and from where."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

type Network = IPv4Network | IPv6Network


class KeyKind(StrEnum):
    """How a key proves itself."""

    ED25519 = "ed25519"
    """It signs every request. The platform knows the public key only."""
    HMAC = "hmac"
    """It signs every request with a secret that the platform keeps encrypted."""
    BEARER = "bearer"
    """It is sent with every request, and may only read."""


class KeyScope(StrEnum):
    """What a key may do. `trade` does not include `read`, nor `admin` the others."""

    READ = "read"
    SUBMIT = "submit"
    """Signals, which become intents only where the policy of their source says so."""
    TRADE = "trade"
    ADMIN = "admin"


BEARER_SCOPES = frozenset({KeyScope.READ})
"""Whoever sees one request of a bearer token has the token, so it must not be able to trade."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Patterns (`*` stands for any letters) of the strategies and portfolios a key is about.

    `sources` are those it may submit signals as; they limit nothing that is read.
    """

    strategies: Sequence[str] = ("*",)
    portfolios: Sequence[str] = ("*",)
    sources: Sequence[str] = ("*",)

    def cover(self, strategy_id: str, portfolio_id: str) -> bool:
        """Return whether an object of this strategy and portfolio may be seen and changed."""
        return self.cover_strategy(strategy_id) and self.cover_portfolio(portfolio_id)

    def cover_strategy(self, strategy_id: str) -> bool:
        """Return whether something of this strategy may be among what they cover."""
        return _matches(strategy_id, self.strategies)

    def cover_portfolio(self, portfolio_id: str) -> bool:
        """Return whether something of this portfolio may be among what they cover."""
        return _matches(portfolio_id, self.portfolios)

    def cover_source(self, source: str) -> bool:
        """Return whether signals may be submitted as this source."""
        return _matches(source, self.sources)

    def cover_whole(self, portfolio_id: str, strategies: Collection[str]) -> bool:
        """Return whether they cover all of a portfolio, which is whatever its strategies do.

        Without a strategy it is covered by who covers every one. `visible` among the statements of
        portfolios says the same to PostgreSQL.
        """
        if not self.cover_portfolio(portfolio_id):
            return False
        return "*" in self.strategies or (
            bool(strategies) and all(map(self.cover_strategy, strategies))
        )

    @property
    def are_all(self) -> bool:
        """Whether there is no strategy or portfolio that they do not cover."""
        return "*" in self.strategies and "*" in self.portfolios


@dataclass(frozen=True, slots=True)
class Grant:
    """What is given to whoever has a key."""

    scopes: frozenset[KeyScope]
    accounts: Accounts = Accounts()
    networks: tuple[Network, ...] = ()
    """The addresses it may be used from; none stands for all."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key as the platform keeps it."""

    key_id: str
    first_key_id: str
    """The key that this one replaces, directly or not; its own id when it replaces none."""
    name: str
    kind: KeyKind
    grant: Grant
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    verifier: bytes = field(default=b"", repr=False)
    """The public key, the encrypted secret or the SHA-256 of the token, by its kind."""

    def is_usable(self, now: datetime) -> bool:
        """Return whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def admits(self, address: str | None) -> bool:
        """Return whether it may be used from this address."""
        if not self.grant.networks:
            return True
        if address is None:
            return False
        client = _unmapped(address)
        return client is not None and any(client in network for network in self.grant.networks)


def _unmapped(address: str) -> IPv4Address | IPv6Address | None:
    """Return an address; one of IPv4 that came through an IPv6 socket is one of IPv4."""
    try:
        client = ip_address(address)
    except ValueError:
        return None
    return getattr(client, "ipv4_mapped", None) or client


def _matches(text: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)
