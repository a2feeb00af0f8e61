"""Strategies that work like a payment provider's test cards on the simulated venue."""

from enum import StrEnum


class DemoStrategy(StrEnum):
    """A strategy id whose intents always meet one behaviour of the venue."""

    PARTIAL_FILLS = "demo-partial-fills"
    """The swap is filled in several parts."""
    FAILING_VENUE = "demo-failing-venue"
    """The venue cannot be reached: the execution fails with VENUE_UNAVAILABLE."""
    TIMEOUT_VENUE = "demo-timeout-venue"
    """The venue takes the swap, but its answer is lost."""
    SLOW_VENUE = "demo-slow-venue"
    """The venue takes seconds to fill."""
