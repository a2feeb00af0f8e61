"""Failures of the gateway's own work; `gateway/http/problems.py` says how each is answered."""

from tradewind.contracts.envelope import AnyEvent
from tradewind.errors import PermanentError, TransientError, UnknownOutcome


class DependencyDown(TransientError):
    """A server the gateway depends on does not answer. Ask again."""

    code = "DOWN"


class NotSubmitted(TransientError):
    """The broker refused the event or was never reached: nothing was submitted. Submit again."""

    code = "NOT_SUBMITTED"

    def __init__(self, event: AnyEvent) -> None:
        super().__init__(event.correlation_id)
        self.event = event


class NotSubmittedInTime(TransientError):
    """The intent expired while it was being kept, and was taken back. Submit again."""

    code = "NOT_SUBMITTED_IN_TIME"

    def __init__(self, event: AnyEvent) -> None:
        super().__init__(event.correlation_id)
        self.event = event


class SubmissionUnknown(UnknownOutcome):
    """It is not certain that the event was kept. Look it up before submitting again."""

    code = "SUBMISSION_UNKNOWN"

    def __init__(self, event: AnyEvent) -> None:
        super().__init__(event.correlation_id)
        self.event = event


class CannotTell(TransientError):
    """What is needed to believe a caller cannot be read or kept now. Ask again."""

    code = "AUTHENTICATION_UNAVAILABLE"


class AccountNotCovered(PermanentError):
    """The caller's key is not about this strategy or portfolio. Use the key of the account."""

    code = "ACCOUNT_NOT_COVERED"

    def __init__(self, field: str, account: str) -> None:
        super().__init__(f"{field} {account}")
        self.field = field
        self.account = account
