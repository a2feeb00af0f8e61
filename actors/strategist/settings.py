"""Settings of the strategist."""

from pathlib import Path

from tradewind.trading.marketdata.settings import PerpetualsSettings


class StrategistSettings(PerpetualsSettings):
    """The strategist."""

    # The perpetuals have to be those of the feeds, whose candles it waits for.
    strategist_file: Path | None = None
    """YAML file of the strategies that run live; unset runs none."""
