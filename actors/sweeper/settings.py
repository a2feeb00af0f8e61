"""Settings of the sweeper."""

from pydantic import Field

from tradewind.ledger.upkeep.stalled_settings import StalledSettings
from tradewind.settings import PostgresSettings


class SweeperSettings(PostgresSettings, StalledSettings):
    """The sweeper."""

    relay_after_seconds: float = Field(5, gt=3, le=3_600)
    """When an accepted intent the ledger does not have is sent again; longer than a submission may
    take, so that it is not taken back at the same time."""
