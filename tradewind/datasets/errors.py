"""Why there is no dataset, or none that can be used."""

from tradewind.errors import ConfigurationError, PermanentError


class DatasetRefused(PermanentError):
    """The data cannot become a dataset; nothing was kept. Correct what the message names."""

    code = "DATASET_REFUSED"


class UnknownDataset(PermanentError):
    """There is no such dataset. `tradewind data list` shows which there are."""

    code = "UNKNOWN_DATASET"


class DatasetDamaged(PermanentError):
    """The file of a dataset is missing, or not the one that was kept. Import the data again."""

    code = "DATASET_DAMAGED"


class PolarsMissing(ConfigurationError):
    """Datasets need the library polars. Install the extra: pip install 'tradewind[backtest]'."""

    code = "POLARS_MISSING"


def row_error(row: int, field: str, problem: str) -> DatasetRefused:
    """Return the error about a field of a row; rows count from 1, as lines of data."""
    return DatasetRefused(f"row {row}, {field}: {problem}")
