"""Settings of the gateway."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from gateway.authentication.settings import AuthenticationSettings
from gateway.http.hosts import parse_hosts
from gateway.limits.settings import RateLimitSettings
from tradewind.keys.seal import SealSettings
from tradewind.ledger.upkeep.stalled_settings import StalledSettings
from tradewind.settings import (
    ChainChoiceSettings,
    ChainIdSettings,
    ChainNameSettings,
    EngineSettings,
    GatewayAddressSettings,
    InstrumentSettings,
    NatsSettings,
    OperationsSettings,
    PostgresSettings,
    ProcessSettings,
    RedisSettings,
    TokenSettings,
    TracingSettings,
    seed_name,
)
from tradewind.trading.marketdata.settings import PerpetualsSettings
from tradewind.trading.pricing.price_settings import PriceSettings
from tradewind.trading.signal_policy.file import SignalPolicySettings
from tradewind.trading.submission.settings import StrategyPortfolioSettings
from tradewind.trading.venue_settings import VenueSettings


def _checked_hosts(text: str) -> str:
    try:
        parse_hosts(text)
    except ValueError as error:
        raise PydanticCustomError("gateway_hosts", "{error}", {"error": str(error)}) from None
    return text


class GatewaySettings(
    AuthenticationSettings,
    ChainChoiceSettings,
    ChainIdSettings,
    ChainNameSettings,
    EngineSettings,
    GatewayAddressSettings,
    InstrumentSettings,
    NatsSettings,
    OperationsSettings,
    PerpetualsSettings,
    PostgresSettings,
    PriceSettings,
    ProcessSettings,
    RateLimitSettings,
    RedisSettings,
    SealSettings,
    SignalPolicySettings,
    StalledSettings,
    StrategyPortfolioSettings,
    TokenSettings,
    TracingSettings,
    VenueSettings,
):
    """The gateway."""

    gateway_hosts: Annotated[str, AfterValidator(_checked_hosts)] = ""
    """Comma-separated hosts that requests may ask for, beside the names of this machine and the
    address the gateway listens on: `desk.example`, `*.desk.example:8080`. Any port counts where
    none is given. `https://desk.example` is one behind a proxy that speaks TLS."""
    gateway_connections: Annotated[int, Field(ge=16, le=100_000)] = 4_096
    """How many connections one process may have at once; who waits for its client makes room."""
    gateway_connections_per_address: Annotated[int, Field(ge=1, le=100_000)] = 256
    """How many of them one address may have (IPv6: one /64); this machine may have all."""
    ws_allowed_topics: str = Field("*", validation_alias=seed_name("WS_ALLOWED_TOPICS"))
    """Comma-separated topic patterns a WebSocket client may subscribe to."""
    ws_allowed_origins: str = Field("", validation_alias=seed_name("WS_ALLOWED_ORIGINS"))
    """Comma-separated origins of web pages, beside our own, that may submit and listen."""
    gateway_processes: int = Field(1, ge=1, le=64)
    """How many processes share the port. With more than one, the first answers requests and hands
    WebSockets to the others. Their ports for monitoring follow on `TRADEWIND_METRICS_PORT`."""
    stream_clients_per_address: int = Field(20, ge=0)
    """How many WebSocket connections one address may have at a process; 0 for any number, as behind
    a proxy, which has one address for all."""
    dashboard_directory: str = "web/dist"
    """Where the built dashboard is, beside the code unless the path is absolute; empty serves
    none."""
    build: str | None = Field(None, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")
    """What this build is called, such as a commit; `GET /platform` says it."""
