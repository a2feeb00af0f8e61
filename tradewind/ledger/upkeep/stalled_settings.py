"""Settings of when and how often the last event of a stalled history is published again."""

from pydantic import Field

from tradewind.settings import OwnedSettings


class StalledSettings(OwnedSettings):
    """Histories that stand still."""

    stalled_after_seconds: float = Field(60, gt=0, le=86_400)
    """How long an open history may stand still before its last event is sent again."""
    stalled_max_attempts: int = Field(8, ge=1, le=30)
    """After each the wait doubles; after the last it is an operator's matter."""
