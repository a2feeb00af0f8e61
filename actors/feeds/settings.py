"""Settings of the feeds role."""

from tradewind.trading.marketdata.settings import ProviderSettings


class FeedsSettings(ProviderSettings):
    """The feeds role."""
