"""What routes ask about signals."""

from typing import NamedTuple

from gateway.limits.policy import Policy
from gateway.ports import Hooks
from gateway.signals.intake import SignalIntake


class Signals(NamedTuple):
    """How signals come in."""

    intake: SignalIntake
    hooks: Hooks
    policy: Policy | None
    """How often those may submit who have no key."""
