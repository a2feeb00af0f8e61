"""Settings of the coordinator."""

from pydantic import Field

from tradewind.settings import PostgresSettings, RedisSettings


class CoordinatorSettings(PostgresSettings, RedisSettings):
    """The coordinator."""

    ledger_lease_seconds: int = Field(3, ge=1, le=60)
    """How long a coordinator that died or hangs keeps a stand-by from taking over."""
