"""Failures of the gateway's own work; `gateway/http/problems.py` says how each is answered."""

from tradewind.contracts.envelope import AnyEvent
from tradewind.errors import PermanentError, TransientError, UnknownOutcome


class DependencyDown(TransientError):
    """A server the gateway depends on does not answer. Ask again."""

    code = "DOWN"


class Overloaded(TransientError):
    """What waits takes longer than the intent may. Submit it after `retry_after_seconds`."""

    code = "OVERLOADED"

    def __init__(self, wait_seconds: int, retry_after_seconds: int) -> None:
        super().__init__(f"{wait_seconds} s")
        self.wait_seconds = wait_seconds
        self.retry_after_seconds = retry_after_seconds


class NotReadInTime(TransientError):
    """The stores took longer to answer than a request may. Ask again."""

    code = "NOT_READ_IN_TIME"


class SubmissionUnknown(UnknownOutcome):
    """It is not certain that the event was kept. Look it up before submitting again."""

    code = "SUBMISSION_UNKNOWN"

    def __init__(self, event: AnyEvent, *, is_its_id: bool = True) -> None:
        """`is_its_id` tells whether the event, if there is one, is this one.

        A request with an idempotency key may have been kept before, under another id.
        """
        super().__init__(event.correlation_id)
        self.event = event
        self.is_its_id = is_its_id


class CannotTell(TransientError):
    """What is needed to believe a caller cannot be read or kept now. Ask again."""

    code = "AUTHENTICATION_UNAVAILABLE"


class CancelUnavailable(TransientError):
    """It is not certain that a request to cancel was kept. Make it again: it is the same one."""

    code = "CANCEL_UNAVAILABLE"


class ApprovalUnavailable(TransientError):
    """It is not certain that an answer was kept. Give it again: the first one stands."""

    code = "APPROVAL_UNAVAILABLE"


class SignalUnavailable(TransientError):
    """It is not certain that a signal was kept. Send it again: the same signal is kept once."""

    code = "SIGNAL_UNAVAILABLE"


class LimitsUnavailable(TransientError):
    """It is not certain that the limits were applied. Ask again; it is the same policy."""

    code = "LIMITS_UNAVAILABLE"


class InstrumentUnavailable(TransientError):
    """It is not certain that an instrument was changed. Ask again: it is the same change."""

    code = "INSTRUMENT_UNAVAILABLE"


class StateUnavailable(TransientError):
    """It is not certain that a trading state was changed. Ask again: it is the same change."""

    code = "STATE_UNAVAILABLE"


class PreviewUnavailable(TransientError):
    """Risk or planner did not say in time what would become of an intent. Ask again."""

    code = "PREVIEW_UNAVAILABLE"


class NothingHeld(PermanentError):
    """The portfolio holds nothing of the pair, and this request never sold any of it."""

    code = "POSITIONS_NOT_FOUND"


class AccountNotCovered(PermanentError):
    """The caller's key is not about this strategy or portfolio. Use the key of the account."""

    code = "ACCOUNT_NOT_COVERED"

    def __init__(self, field: str, account: str) -> None:
        super().__init__(f"{field} {account}")
        self.field = field
        self.account = account
