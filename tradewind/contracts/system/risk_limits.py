"""The events that define a risk policy, and that put one into force."""

from typing import Annotated, Final

from pydantic import Field

from tradewind.contracts.payload import Payload
from tradewind.contracts.risk.limits import PolicyReference
from tradewind.contracts.risk.policy import PolicyDocument

MAX_APPLIER_LENGTH: Final = 128
MAX_LOOSENED: Final = 100
MAX_LOOSENED_LENGTH: Final = 400

Told = Annotated[
    tuple[Annotated[str, Field(max_length=MAX_LOOSENED_LENGTH)], ...],
    Field(max_length=MAX_LOOSENED),
]
"""Changes of limits in words, as far as they fit in."""
Applier = Annotated[str, Field(min_length=1, max_length=MAX_APPLIER_LENGTH)]


class RiskLimitsDefined(Payload):
    """A risk policy. Its history, `system-<SHA-256 of its canonical JSON>`, has no other event."""

    topic = "system.risk_limits_defined"
    ends_history = True
    limits: PolicyDocument


class RiskLimitsApplied(Payload):
    """An operator put a policy into force, for every decision that was made from then on."""

    topic = "system.risk_limits_applied"
    ends_history = True
    policy: PolicyReference
    applied_by: Applier
    loosened: Told = ()
    """The limits in force that let more through than before."""
    changes: Told = Field((), exclude_if=lambda told: not told)
    """What is written otherwise than before; events of earlier releases do not say it."""
