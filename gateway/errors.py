"""Failures of the gateway's own work; `gateway/http/problems.py` says how each is answered."""

from tradewind.contracts.envelope import AnyEvent
from tradewind.errors import TransientError, UnknownOutcome


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


class CancelUnavailable(TransientError):
    """It is not certain that a request to cancel was kept. Make it again: it is the same one."""

    code = "CANCEL_UNAVAILABLE"
