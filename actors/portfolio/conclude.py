"""The decision that ends the wait for a person, as pure functions, so that it can be repeated."""

from collections.abc import Sequence
from datetime import datetime

from actors.portfolio.approval import Approval
from actors.portfolio.decide import verdict
from actors.portfolio.judgement import Judgement
from actors.portfolio.rechecks import RECHECKS
from actors.portfolio.rules import RULES
from tradewind.contracts.envelope import AnyEvent, Event, next_events
from tradewind.contracts.intents.cancellation import cancelled
from tradewind.contracts.intents.payloads import IntentExpired
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload
from tradewind.contracts.risk.approvals import ApprovalAnswer, ApprovalVerdict
from tradewind.contracts.risk.limits import PortfolioInputs
from tradewind.contracts.risk.payloads import RiskApprovalRequired, RiskRejected
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.roles import Role
from tradewind.trading.book.waits import Waiting
from tradewind.trading.policy.findings import findings_of


def conclude(waiting: Waiting, inputs: PortfolioInputs, now: datetime) -> list[AnyEvent]:
    """Return what ends the wait of an intent; nothing where it goes on."""
    required, cancellation = waiting
    if cancellation is None:
        return answered(required, inputs, now)
    end = cancelled(required.payload.intent_id, cancellation, "while it waited for an approval")
    return next_events(required, [end], producer=Role.PORTFOLIO, at=now)


def answered(
    required: Event[RiskApprovalRequired], inputs: PortfolioInputs, now: datetime
) -> list[AnyEvent]:
    """Return what follows from an answer, or from its lack; nothing while there is time for one."""
    payloads = _payloads(required.payload, inputs, now)
    return next_events(required, payloads, producer=Role.PORTFOLIO, at=now)


def _payloads(
    required: RiskApprovalRequired, inputs: PortfolioInputs, now: datetime
) -> Sequence[Payload]:
    assert inputs.approval is not None
    answer, is_over = inputs.approval.answer, now >= required.expires_at
    if answer is None:
        return [_timed_out(required, inputs)] if is_over else []
    if answer.verdict is ApprovalVerdict.DENIED:
        return [_rejected(required, RiskRejectionReason.APPROVAL_DENIED, words(answer), inputs)]
    if is_over:
        return [_expired(required, answer, inputs)]
    screened = required.screened
    approval = Approval(screened, inputs.approval.price_usd, inputs.approval.limits)
    judgement = Judgement(approval.present, inputs.limits, inputs.book, now)
    findings = findings_of(RULES, judgement) + findings_of(RECHECKS, approval)
    return verdict(screened, findings, inputs)


def words(answer: ApprovalAnswer) -> str:
    """Return who answered what, and why."""
    because = "" if answer.note is None else f": {answer.note}"
    return f"{answer.verdict} by {answer.answered_by}{because}"


def _timed_out(required: RiskApprovalRequired, inputs: PortfolioInputs) -> RiskRejected:
    detail = f"nobody approved it until {required.expires_at:%Y-%m-%d %H:%M:%S} UTC"
    return _rejected(required, RiskRejectionReason.APPROVAL_TIMED_OUT, detail, inputs)


def _expired(
    required: RiskApprovalRequired, answer: ApprovalAnswer, inputs: PortfolioInputs
) -> IntentExpired:
    detail = f"{words(answer)}, and its time window closed before its portfolio came to it"
    return IntentExpired(
        intent_id=required.intent_id,
        expires_at=required.expires_at,
        inputs=inputs,
        detail=detail[:MAX_DETAIL_LENGTH],
    )


def _rejected(
    required: RiskApprovalRequired,
    reason: RiskRejectionReason,
    detail: str,
    inputs: PortfolioInputs,
) -> RiskRejected:
    return RiskRejected(
        intent_id=required.intent_id,
        reason=reason,
        detail=detail[:MAX_DETAIL_LENGTH],
        checks=(),
        inputs=inputs,
    )
