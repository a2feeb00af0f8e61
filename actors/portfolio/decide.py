"""The decision of the portfolio stage, as pure functions, so that it can be repeated."""

from datetime import datetime

from actors.portfolio.judgement import Judgement
from actors.portfolio.rules import RULES
from tradewind.contracts.envelope import AnyEvent, Event, next_events
from tradewind.contracts.intents.cancellation import Cancellation, cancelled
from tradewind.contracts.intents.payloads import IntentAccepted, IntentExpired
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload
from tradewind.contracts.risk.checks import RiskCheck
from tradewind.contracts.risk.limits import PortfolioInputs
from tradewind.contracts.risk.payloads import RiskApproved, RiskRejected, RiskScreened
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.roles import Role
from tradewind.trading.policy.findings import Finding, checks_of, findings_of, first_failed


def decide(event: Event[RiskScreened], inputs: PortfolioInputs, now: datetime) -> list[AnyEvent]:
    """Return risk.approved and intent.accepted, or risk.rejected, or intent.expired."""
    return next_events(
        event, _payloads(event.payload, inputs, now), producer=Role.PORTFOLIO, at=now
    )


def _payloads(screened: RiskScreened, inputs: PortfolioInputs, now: datetime) -> list[Payload]:
    if now >= screened.expires_at:
        expired = IntentExpired(
            intent_id=screened.intent_id, expires_at=screened.expires_at, inputs=inputs
        )
        return [expired]
    findings = findings_of(RULES, Judgement(screened, inputs.limits, inputs.book, now))
    reason, checks = first_failed(findings), checks_of(findings)
    if reason is not None:
        return [_rejected(screened, reason, checks, inputs)]
    return [_approved(screened, checks, inputs), _accepted(screened)]


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


def _accepted(screened: RiskScreened) -> IntentAccepted:
    return IntentAccepted(
        intent_id=screened.intent_id,
        intent=screened.intent,
        expires_at=screened.expires_at,
        notional_usd=screened.notional_usd,
        priority=screened.priority,
        max_amount_in=screened.max_amount_in,
        min_amount_out=screened.min_amount_out,
        venues=screened.venues,
        fee_tiers=screened.fee_tiers,
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
