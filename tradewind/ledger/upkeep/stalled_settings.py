"""Settings of when and how often the last event of a stalled history is published again."""

from pydantic import Field

from tradewind.settings import OwnedSettings


class StalledSettings(OwnedSettings):
    """Stalled histories."""

    stalled_after_seconds: float = Field(60, gt=0, le=86_400)
    """How long an open history may get no event before its last one is published again."""
    stalled_max_attempts: int = Field(8, ge=1, le=30)
    """How often it is published again; the wait doubles each time, then an operator must act."""
