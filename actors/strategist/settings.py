"""Settings of the strategist."""

from pathlib import Path

from tradewind.settings import OwnedSettings


class StrategistSettings(OwnedSettings):
    """The strategist."""

    strategist_file: Path | None = None
    """YAML file of the strategies that run live; unset runs none."""
