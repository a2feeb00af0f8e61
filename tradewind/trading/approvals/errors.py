"""Errors of answers, which say what the caller should do."""

from tradewind.contracts.risk.approvals import ApprovalAnswer
from tradewind.contracts.wire import format_timestamp
from tradewind.errors import PermanentError


class ApprovalDecided(PermanentError):
    """Somebody answered before, and the first answer stands. Look at what became of the intent."""

    code = "APPROVAL_DECIDED"

    def __init__(self, answer: ApprovalAnswer) -> None:
        because = "" if answer.note is None else f": {answer.note}"
        super().__init__(
            f"{answer.verdict} by {answer.answered_by} at "
            f"{answer.answered_at:%Y-%m-%d %H:%M:%S} UTC{because}"
        )
        self.answer = answer

    @property
    def facts(self) -> dict[str, str]:
        """Who said what and when, for programs."""
        return {
            "verdict": self.answer.verdict.value,
            "answered_by": self.answer.answered_by,
            "answered_at": format_timestamp(self.answer.answered_at),
        }


class ApprovalNotAwaited(PermanentError):
    """The intent waits for no approval, or not any more. Its state says how far it is."""

    code = "APPROVAL_NOT_AWAITED"
