"""Why a run cannot be made, or has no result."""

from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.errors import PermanentError


class InvalidRun(PermanentError):
    """The run asks for what the engine cannot do; correct the field that the message names."""

    code = "INVALID_RUN"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field
        self.detail = detail


class SimulationFailed(PermanentError):
    """The run ended without a result; `reason` is that of `backtest.failed`, as `detail` and `at`.

    The same inputs fail again in the same way.
    """

    code = "SIMULATION_FAILED"

    def __init__(self, reason: BacktestFailure, detail: str, at: str | None = None) -> None:
        super().__init__(f"{reason}: {detail}" + (f" ({at})" if at else ""))
        self.reason = reason
        self.detail = detail
        self.at = at


class ShapeMissing(ValueError):
    """The ticks of a recorded pool are not among those given; the text names its content id."""
