"""Strategy ids that make the simulated venue misbehave, as a payment provider's test cards do."""

from enum import StrEnum


class DemoStrategy(StrEnum):
    """A strategy id for whose intents the simulated venue always behaves in one way."""

    PARTIAL_FILLS = "demo-partial-fills"
    """The swap is filled in several parts."""
    FAILING_VENUE = "demo-failing-venue"
    """The venue cannot be reached: the execution fails with VENUE_UNAVAILABLE."""
    TIMEOUT_VENUE = "demo-timeout-venue"
    """The venue takes the swap, but its answer is lost."""
    SLOW_VENUE = "demo-slow-venue"
    """The venue takes seconds to fill."""
    PARTIAL_THEN_CANCELLED = "demo-partial-then-cancelled"
    """Some parts are filled, then the venue cancels the rest: the execution fails, CANCELLED."""
    REFUSING_VENUE = "demo-refusing-venue"
    """The venue never takes the swap: the execution fails with VENUE_REFUSED."""
    REVERTING_VENUE = "demo-reverting-venue"
    """The swap costs gas and has no effect: the execution fails with REVERTED."""
    NEVER_FILLED = "demo-never-filled"
    """Nothing is filled before the intent's deadline: the execution fails with CANCELLED then."""
