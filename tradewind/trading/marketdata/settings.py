"""Settings of the provider of market data."""

from pathlib import Path

from pydantic import Field

from tradewind.settings import OwnedSettings
from tradewind.trading.marketdata.weight import DEFAULT_LIMIT, PROVIDER_LIMIT


class PerpetualsSettings(OwnedSettings):
    """Which perpetuals are followed."""

    perpetuals_file: Path | None = None
    """YAML file of the perpetuals that are followed; built in when unset."""


class ProviderSettings(PerpetualsSettings):
    """Market data of perpetuals."""

    hyperliquid_url: str = Field("https://api.hyperliquid.xyz", pattern=r"^https?://[^\s?#]+$")
    """Where Hyperliquid is, without `/info` and `/ws`; `tradewind up` starts a simulated one when
    it is unset."""
    market_data_provider: str = Field("hyperliquid", pattern=r"^[a-z0-9_-]{1,32}$")
    """What observations call the provider; `simulated` beside the simulated one."""
    hyperliquid_timeout_seconds: float = Field(5.0, gt=0, le=60)
    """How long an answer may take."""
    hyperliquid_weight_limit: int = Field(DEFAULT_LIMIT, ge=60, le=PROVIDER_LIMIT)
    """Weight of the requests of any minute; the provider allows 1,200 an address."""
