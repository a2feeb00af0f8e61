"""Why a back-test is not taken in, or not shown."""

from gateway.http.field_errors import FieldError
from tradewind.errors import PermanentError, TransientError


class UnknownDataset(PermanentError):
    """There is no dataset of this id. `GET /datasets` lists them."""

    code = "UNKNOWN_DATASET"

    def __init__(self, field: str, dataset_id: str) -> None:
        super().__init__(f"{field}: there is no dataset {dataset_id}")
        self.errors = (FieldError(field, "is no dataset there is"),)


class UnknownStrategy(PermanentError):
    """No backtester has a strategy of this name installed. `GET /strategies` lists them."""

    code = "UNKNOWN_STRATEGY"

    def __init__(self, field: str, name: str) -> None:
        super().__init__(f"{field}: no backtester that runs has a strategy {name}")
        self.errors = (FieldError(field, "is no strategy that is installed"),)


class InvalidParams(PermanentError):
    """The strategy does not take these parameters. `GET /strategies` says what it takes."""

    code = "INVALID_PARAMS"

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__(", ".join(f"{one.field} {one.message}" for one in errors))
        self.errors = errors


class RangeTooLarge(PermanentError):
    """The period has more candles than a run may have. Choose a shorter one, or longer candles."""

    code = "RANGE_TOO_LARGE"

    def __init__(self, field: str, message: str, limit: int) -> None:
        super().__init__(f"{field} {message}")
        self.errors = (FieldError(field, message, limit),)


class TooManyBacktests(PermanentError):
    """As many runs of this key are queued as may be. Wait for some, or cancel them."""

    code = "TOO_MANY_BACKTESTS"

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} runs of this key have not begun")
        self.errors = (FieldError("runs", "are too many that have not begun", limit),)


class BacktestUnavailable(TransientError):
    """It is not certain that a back-test was kept, cancelled or removed. Ask again."""

    code = "BACKTEST_UNAVAILABLE"
