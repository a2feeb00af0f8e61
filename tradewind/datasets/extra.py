"""Says which extra to install where polars is missing. Import the rooms that need it after this."""

from importlib.util import find_spec

from tradewind.datasets.errors import PolarsMissing


def require_polars() -> None:
    """Raise PolarsMissing, whose text says what to install."""
    if find_spec("polars") is None:
        raise PolarsMissing("datasets need polars: pip install 'tradewind[backtest]'")
