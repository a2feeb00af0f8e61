"""The setting that names the file of models."""

from pathlib import Path

from tradewind.settings import OwnedSettings


class ModelsFileSettings(OwnedSettings):
    """Models that judge signals."""

    models_file: Path | None = None
    """YAML file of the models that judge signals; unset means `baseline` alone, which needs no
    network."""
