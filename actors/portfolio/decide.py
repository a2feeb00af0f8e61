"""The decision of the portfolio stage, as pure functions, so that it can be repeated."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from actors.portfolio.judgement import Judgement
from actors.portfolio.rules import RULES
from tradewind.contracts.envelope import AnyEvent, Event, next_events
from tradewind.contracts.intents.cancellation import Cancellation, cancelled
from tradewind.contracts.intents.payloads import IntentExpired
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload
from tradewind.contracts.risk.checks import RiskCheck
from tradewind.contracts.risk.limits import PortfolioInputs
from tradewind.contracts.risk.payloads import (
    RiskApprovalRequired,
    RiskApproved,
    RiskRejected,
    RiskScreened,
)
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.roles import Role
from tradewind.trading.book.terms import accepted
from tradewind.trading.policy.findings import (
    Finding,
    Limit,
    checks_of,
    findings_of,
    first_failed,
)


def decide(event: Event[RiskScreened], inputs: PortfolioInputs, now: datetime) -> list[AnyEvent]:
    """Return risk.approved and intent.accepted, or risk.rejected, or intent.expired.

    What is worth more than may be approved without a person gets risk.approval_required.
    """
    return next_events(
        event, _payloads(event.payload, inputs, now), producer=Role.PORTFOLIO, at=now
    )


def _payloads(screened: RiskScreened, inputs: PortfolioInputs, now: datetime) -> list[Payload]:
    if now >= screened.expires_at:
        expired = IntentExpired(
            intent_id=screened.intent_id, expires_at=screened.expires_at, inputs=inputs
        )
        return [expired]
    judgement = Judgement(screened, inputs.limits, inputs.book, now)
    findings = findings_of(RULES, judgement)
    threshold = judgement.limit("approval_above_usd")
    if (
        first_failed(findings) is None
        and threshold is not None
        and screened.notional_usd > threshold.value
    ):
        return [_required(screened, threshold, checks_of(findings), inputs)]
    return verdict(screened, findings, inputs)


def verdict(
    screened: RiskScreened, findings: Sequence[Finding], inputs: PortfolioInputs
) -> list[Payload]:
    """Return what follows from what the rules found, for an intent that waits for nobody."""
    reason, checks = first_failed(findings), checks_of(findings)
    if reason is not None:
        return [_rejected(screened, reason, checks, inputs)]
    return [_approved(screened, checks, inputs), accepted(screened)]


def _required(
    screened: RiskScreened, threshold: Limit, checks: tuple[RiskCheck, ...], inputs: PortfolioInputs
) -> RiskApprovalRequired:
    return RiskApprovalRequired(
        intent_id=screened.intent_id,
        notional_usd=screened.notional_usd,
        threshold_usd=Decimal(threshold.value),
        threshold_scope=threshold.scope,
        expires_at=screened.expires_at,
        screened=screened,
        checks=checks,
        inputs=inputs,
    )


def _rejected(
    screened: RiskScreened, reason: Finding, checks: tuple[RiskCheck, ...], inputs: PortfolioInputs
) -> RiskRejected:
    return RiskRejected(
        intent_id=screened.intent_id,
        reason=reason.check.rule,
        detail=reason.detail,
        checks=checks,
        inputs=inputs,
    )


def _approved(
    screened: RiskScreened, checks: tuple[RiskCheck, ...], inputs: PortfolioInputs
) -> RiskApproved:
    return RiskApproved(
        intent_id=screened.intent_id,
        notional_usd=screened.notional_usd,
        price_usd=screened.price_usd,
        price_block_number=screened.price_block_number,
        max_notional_usd=screened.max_notional_usd,
        max_slippage_limit=screened.max_slippage_limit,
        checks=checks,
        inputs=inputs,
    )


def cancel(event: Event[RiskScreened], cancellation: Cancellation, now: datetime) -> list[AnyEvent]:
    """Return intent.cancelled: the intent is never accepted."""
    payload = cancelled(event.payload.intent_id, cancellation, "before its portfolio judged it")
    return next_events(event, [payload], producer=Role.PORTFOLIO, at=now)


def reject_unavailable(
    event: Event[RiskScreened], error: Exception, now: datetime
) -> list[AnyEvent]:
    """Reject the intent when the portfolio's book could not be asked."""
    rejected = RiskRejected(
        intent_id=event.payload.intent_id,
        reason=RiskRejectionReason.RISK_UNAVAILABLE,
        detail=str(error)[:MAX_DETAIL_LENGTH],
    )
    return next_events(event, [rejected], producer=Role.PORTFOLIO, at=now)
