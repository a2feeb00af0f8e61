"""Errors, split by what the caller should do. Each docstring tells an operator what to do."""


class TradewindError(Exception):
    """Base of all errors Tradewind raises on purpose; `code` is stable and safe to show."""

    code = "TRADEWIND_ERROR"


class ConfigurationError(TradewindError):
    """A setting is missing or wrong. Set the variable the message names and start again."""

    code = "CONFIGURATION_ERROR"


class TransientError(TradewindError):
    """It did not happen, and the same call may succeed later. Retry with backoff, a few times."""

    code = "TRANSIENT"


class PermanentError(TradewindError):
    """It did not happen, and the same call never will. Do not retry."""

    code = "PERMANENT"


class UnknownOutcome(TradewindError):
    """It may have happened. Look it up again under the same identity; never count it as failed."""

    code = "UNKNOWN_OUTCOME"


class NotYet(TradewindError):
    """Nothing is wrong, but there is no answer yet. Ask again after `delay_ms`."""

    code = "NOT_YET"

    def __init__(self, delay_ms: int) -> None:
        super().__init__(f"ask again in {delay_ms} ms")
        self.delay_ms = delay_ms
