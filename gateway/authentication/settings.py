"""Settings of how callers prove who they are."""

from typing import Literal

from pydantic import Field

from gateway.http.hosts import is_loopback
from tradewind.errors import ConfigurationError
from tradewind.keys.seal import SealSettings
from tradewind.settings import GatewayAddressSettings, PostgresSettings

AuthenticationMode = Literal["auto", "on", "off"]


class AuthenticationSettings(GatewayAddressSettings, PostgresSettings, SealSettings):
    """The gateway's callers."""

    gateway_auth: AuthenticationMode = "auto"
    """`on` asks every caller for a key, `off` nobody, which only a gateway on loopback may;
    `auto` is `off` on loopback and `on` elsewhere."""
    signature_window_seconds: float = Field(5.0, ge=0.1, le=60)
    """How old a signed request may be when it comes."""
    signature_ahead_seconds: float = Field(1.0, ge=0, le=10)
    """How far ahead of ours the clock of who signs may be."""
    keys_max_age_seconds: float = Field(60.0, ge=2, le=3_600)
    """How long keys are believed while PostgreSQL, which has them, does not answer."""


def asks_for_keys(settings: AuthenticationSettings) -> bool:
    """Return whether a gateway asks for keys; ConfigurationError for one that must and does not."""
    host = settings.gateway_host
    if settings.gateway_auth == "off" and not is_loopback(host):
        raise ConfigurationError(
            f"TRADEWIND_GATEWAY_AUTH is off, and {host} can be reached from other machines: "
            "leave it on auto and create a key with `tradewind keys create`, or listen on "
            "127.0.0.1 (TRADEWIND_GATEWAY_HOST)"
        )
    return settings.gateway_auth == "on" or not is_loopback(host)
