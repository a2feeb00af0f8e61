"""Settings of the gateway."""

from pydantic import Field

from tradewind.settings import (
    GatewayAddressSettings,
    NatsSettings,
    PostgresSettings,
    ProcessSettings,
    RedisSettings,
    TokenSettings,
    seed_name,
)


class GatewaySettings(
    GatewayAddressSettings,
    NatsSettings,
    PostgresSettings,
    ProcessSettings,
    RedisSettings,
    TokenSettings,
):
    """The gateway."""

    ws_allowed_topics: str = Field("*", validation_alias=seed_name("WS_ALLOWED_TOPICS"))
    """Comma-separated topic patterns a WebSocket client may subscribe to."""
    ws_allowed_origins: str = Field("", validation_alias=seed_name("WS_ALLOWED_ORIGINS"))
    """Comma-separated origins of web pages, beside our own, that may submit and listen."""
