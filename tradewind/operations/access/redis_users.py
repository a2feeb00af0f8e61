"""Redis: the access control list. It contains digests, never passwords."""

import hashlib
from collections.abc import Mapping
from typing import Final

from tradewind.contracts.roles import ROLES, Use
from tradewind.operations.access.credentials import Credentials
from tradewind.operations.access.identities import Identity, logins_at
from tradewind.readmodels.documents.keys import KEPT_PREFIX, MARK_KEY, REBUILD_KEY
from tradewind.readmodels.registry import READ_MODELS

DOCUMENTS: Final = (*(f"{prefix}*" for prefix in READ_MODELS.prefixes), MARK_KEY, REBUILD_KEY)
WHOLE_CACHE: Final = (READ_MODELS.key_pattern, MARK_KEY, REBUILD_KEY, f"{KEPT_PREFIX}*")
"""Also keys that only resemble those of documents, because a repair removes orphans too."""
HINTS: Final = ("seen:*",)
REQUESTS: Final = ("limit:*", "nonce:*")
"""The gateways' own: how often somebody asked, and which signed requests were seen."""

NOTHING: Final = "-@all"
"""Comes first: it takes away every command that stands before it."""
_HANDSHAKE = ("ping", "client|setinfo", "client|setname", "hello")
_READ = ("get", "mget", "zlexcount", "zrevrangebylex")
_LOOK = (*_READ, "scan", "type", "zscan", "zscore")
_WRITE = ("set", "del", "unlink", "pexpire", "zadd", "zrem", "eval", "evalsha", "script|load")
"""Scripts are among the writes, because Redis counts every key of a script as written."""
_COUNT = ("get", "getdel", "set", "eval", "evalsha", "script|load", "time")


def _reads(*keys: str) -> tuple[str, ...]:
    return tuple(f"%R~{key}" for key in keys)


def _writes(*keys: str) -> tuple[str, ...]:
    return tuple(f"~{key}" for key in keys)


def _commands(*names: str) -> tuple[str, ...]:
    return tuple(f"+{name}" for name in names)


_USES: Final[Mapping[Use, tuple[str, ...]]] = {
    Use.READ_CACHE: (*_reads(*DOCUMENTS), *_commands(*_HANDSHAKE, *_READ)),
    Use.WRITE_CACHE: (
        *_writes(*WHOLE_CACHE, *HINTS),
        *_commands(*_HANDSHAKE, *_LOOK, *_WRITE),
    ),
    Use.COUNT_REQUESTS: (*_writes(*REQUESTS), *_commands(*_HANDSHAKE, *_COUNT)),
}
_PEOPLE: Final[Mapping[Identity, tuple[str, ...]]] = {
    Identity.ADMINISTRATOR: ("~*", "&*", "+@all"),
    Identity.OPERATOR: (
        *_writes(*WHOLE_CACHE),
        *_commands(*_HANDSHAKE, *_LOOK, *_WRITE),
    ),
    Identity.READER: (*_reads(*WHOLE_CACHE), *_commands(*_HANDSHAKE, *_LOOK)),
}


def rules_of(identity: Identity) -> tuple[str, ...]:
    """Return the ACL rules of an identity: key patterns and commands.

    Roles and an operator's rebuild write documents by script, so they need no further commands.
    """
    if identity in _PEOPLE:
        return (NOTHING, *_PEOPLE[identity])
    uses = sorted(ROLES[identity].uses)
    return (NOTHING, *(rule for use in uses for rule in _USES.get(use, ())))


def render_acl(credentials: Credentials) -> str:
    """Return the ACL file, which disables the default user and lists the identities."""
    lines = ["user default off resetchannels -@all"]
    for identity in logins_at("redis"):
        digest = hashlib.sha256(credentials.password("redis", identity).encode()).hexdigest()
        rules = " ".join(rules_of(identity))
        lines.append(f"user {identity.login} on #{digest} resetchannels {rules}")
    return "\n".join(lines) + "\n"
