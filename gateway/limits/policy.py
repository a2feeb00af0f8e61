"""Says how often something may be asked for, and how much of that is left."""

from dataclasses import dataclass, replace
from functools import cache
from math import ceil
from typing import Final, NamedTuple

MINUTE_SECONDS: Final = 60
MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Policy:
    """A quota that fills again evenly over its window; all of it may be used at once, or more."""

    name: str
    quota: int
    window_seconds: int = MINUTE_SECONDS
    burst: int | None = None
    """How many may come at once by who has long been quiet; None stands for the quota."""
    fails_open: bool = True
    """Whether it is not enforced while the gateways cannot count together."""

    @property
    def interval_us(self) -> int:
        """How long it takes until one more is allowed."""
        return self.window_seconds * MICROSECONDS // self.quota

    @property
    def tolerance_us(self) -> int:
        """How far ahead of its time somebody may be."""
        return self.interval_us * (self.burst or self.quota)


@cache
def scaled(policy: Policy, factor: float) -> Policy:
    """Return a policy with a multiple of its quota; less than 1 becomes 1 in a longer window."""
    quota = policy.quota * factor
    burst = policy.burst and max(1, int(policy.burst * factor))
    if quota >= 1:
        return replace(policy, quota=int(quota), burst=burst)
    window_seconds = ceil(policy.window_seconds / quota)
    return replace(policy, quota=1, burst=burst, window_seconds=window_seconds)


class Charge(NamedTuple):
    """One request on the account of a subject, such as an address or a key."""

    policy: Policy
    subject: str

    @property
    def key(self) -> str:
        return f"limit:{self.policy.name}:{self.subject}"


class Standing(NamedTuple):
    """What a policy has left for a subject."""

    policy: Policy
    level_us: int
    """How long it takes until all of the quota is there again."""
    wait_us: int = 0
    """How long it takes until the request is allowed; 0 when it is."""

    @property
    def remaining(self) -> int:
        left = self.policy.tolerance_us - self.level_us
        return max(0, left // self.policy.interval_us)

    @property
    def reset_seconds(self) -> int:
        return ceil(self.level_us / MICROSECONDS)

    @property
    def wait_seconds(self) -> int:
        return ceil(self.wait_us / MICROSECONDS)
