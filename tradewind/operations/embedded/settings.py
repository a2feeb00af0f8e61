"""Settings of a platform on this machine."""

from pathlib import Path
from typing import Final

from pydantic import Field

from tradewind.settings import (
    ChainChoiceSettings,
    ChainNameSettings,
    GatewayAddressSettings,
    ProcessSettings,
    StreamSettings,
    TokenSettings,
    seed_name,
)

DEFAULT_DATA_DIRECTORY: Final = Path(".tradewind")


class PlatformChainSettings(ChainChoiceSettings, ChainNameSettings, TokenSettings):
    """The chain of a platform on this machine."""

    use_mainnet_fork: bool = Field(False, validation_alias=seed_name("USE_MAINNET_FORK"))
    """Let `tradewind up` trade on a local fork of the chain at ETH_RPC_URL, not on it."""
    devchain_block_time_seconds: int = Field(1, ge=0, le=60)
    """How often the dev chain of `tradewind up` mines; 0 mines a block for every transaction."""


class UpSettings(GatewayAddressSettings, ProcessSettings, StreamSettings):
    """A platform on this machine."""

    data_dir: Path = DEFAULT_DATA_DIRECTORY
    """Data, logs and the runtime file of the embedded servers."""
