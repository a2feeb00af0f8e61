"""Redis: the access control list. It carries digests, never passwords."""

import hashlib
from collections.abc import Mapping
from typing import Final

from tradewind.access.credentials import Credentials
from tradewind.access.identities import LOGINS, Identity

DOCUMENTS: Final = ("intent:*", "plan:*", "positions:*")
INDEXES: Final = ("intents:*", "projection")
HINTS: Final = ("seen:*",)

_HANDSHAKE = ("ping", "client|setinfo", "client|setname", "hello")
_READ = ("get", "mget", "zrevrangebylex")
_WRITE = ("set", "del", "zadd", "zrem", "eval", "evalsha", "script|load")


def _reads(*keys: str) -> tuple[str, ...]:
    return tuple(f"%R~{key}" for key in keys)


def _writes(*keys: str) -> tuple[str, ...]:
    return tuple(f"~{key}" for key in keys)


def _commands(*names: str) -> tuple[str, ...]:
    return ("-@all", *(f"+{name}" for name in names))


RULES: Final[Mapping[Identity, tuple[str, ...]]] = {
    Identity.ADMINISTRATOR: ("~*", "&*", "+@all"),
    Identity.COORDINATOR: (
        *_writes(*DOCUMENTS, *INDEXES, *HINTS),
        *_commands(*_HANDSHAKE, *_READ, *_WRITE),
    ),
    Identity.GATEWAY: (*_reads(*DOCUMENTS, *INDEXES), *_commands(*_HANDSHAKE, *_READ)),
    Identity.OPERATOR: (
        *_writes(*DOCUMENTS, *INDEXES),
        *_commands(*_HANDSHAKE, *_READ, *_WRITE, "scan"),
    ),
    Identity.READER: (*_reads(*DOCUMENTS, *INDEXES), *_commands(*_HANDSHAKE, *_READ, "scan")),
}
"""Keys and commands. The coordinator and an operator's rebuild write documents, by script."""


def render_acl(credentials: Credentials) -> str:
    """Return the ACL file: nobody but the identities with a login gets in."""
    lines = ["user default off resetchannels -@all"]
    for identity in sorted(LOGINS["redis"]):
        digest = hashlib.sha256(credentials.password("redis", identity).encode()).hexdigest()
        rules = " ".join(RULES[identity])
        lines.append(f"user {identity.login} on #{digest} resetchannels {rules}")
    return "\n".join(lines) + "\n"
