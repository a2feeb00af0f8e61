"""The identity a command logs in as: the one with the fewest permissions that suffice."""

from collections.abc import Mapping, Sequence
from typing import Final

from tradewind.contracts.roles import Role
from tradewind.operations.access.identities import Identity

_INSTRUMENT_VERBS: Final = ("register", "update", "enable", "disable", "reduce-only")
IDENTITIES: Final[Mapping[tuple[str, ...], Identity]] = {
    ("migrate",): Identity.ADMINISTRATOR,
    ("provision",): Identity.ADMINISTRATOR,
    ("gateway",): Identity(Role.GATEWAY),
    ("history", "import"): Identity(Role.COORDINATOR),
    ("keys", "create"): Identity.OPERATOR,
    ("keys", "rotate"): Identity.OPERATOR,
    ("keys", "revoke"): Identity.OPERATOR,
    **{("data", verb): Identity.OPERATOR for verb in ("import", "fetch", "resample")},
    ("hooks", "create"): Identity.OPERATOR,
    ("hooks", "revoke"): Identity.OPERATOR,
    ("halt",): Identity.OPERATOR,
    ("resume",): Identity.OPERATOR,
    ("approvals", "approve"): Identity.OPERATOR,
    ("approvals", "deny"): Identity.OPERATOR,
    ("limits", "apply"): Identity.OPERATOR,
    ("portfolio", "adjust"): Identity.OPERATOR,
    ("portfolio", "allocate"): Identity.OPERATOR,
    ("portfolio", "fund"): Identity.OPERATOR,
    ("portfolio", "replay"): Identity.OPERATOR,
    ("rebuild",): Identity.OPERATOR,
    # It reads what models said word for word, which a reader may not.
    ("redecide",): Identity.OPERATOR,
    ("signals", "approve"): Identity.OPERATOR,
    ("signals", "decline"): Identity.OPERATOR,
    ("signals", "keep-tables"): Identity.OPERATOR,
    ("signals", "reevaluate"): Identity.OPERATOR,
    ("wallet", "cancel"): Identity.OPERATOR,
    ("wallet", "fill"): Identity.OPERATOR,
    ("wallet", "reconcile"): Identity.OPERATOR,
    ("wallet", "resume"): Identity.OPERATOR,
    **{("instruments", verb): Identity.OPERATOR for verb in _INSTRUMENT_VERBS},
    ("dlq", "retry"): Identity.OPERATOR,
    ("dlq", "resolve"): Identity.OPERATOR,
}
"""Identities by command and one of its words. A command that is not listed is a reader."""


def identity_of(command: str, arguments: Sequence[str]) -> Identity:
    """Return the identity a command line runs as."""
    named = [IDENTITIES[command, word] for word in arguments if (command, word) in IDENTITIES]
    return named[0] if named else IDENTITIES.get((command,), Identity.READER)
