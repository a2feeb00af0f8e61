"""Settings of the sweeper."""

from pydantic import Field

from tradewind.ledger.upkeep.stalled_settings import StalledSettings
from tradewind.settings import InstrumentSettings, PostgresSettings, TokenSettings


class SweeperSettings(InstrumentSettings, PostgresSettings, StalledSettings, TokenSettings):
    """The sweeper."""

    relay_after_seconds: float = Field(5, gt=3, le=3_600)
    """When an accepted intent the ledger does not have is sent again; then after as long again, and
    twice as long every further time."""
    idempotency_key_hours: float = Field(24, gt=0, le=168)
    """How long the platform remembers an Idempotency-Key."""
    model_answer_days: float = Field(90, gt=0, le=3_650)
    """How long what models said is kept word for word; its hash stays in the history for ever."""
