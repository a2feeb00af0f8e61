"""The rules about losses, which also stop a portfolio: it may then only reduce what it holds.

The portfolio stage asks them before it approves anything, and settlement after it booked something:
what trips there becomes a trading state, so that it stands until a person lifts it.
"""

from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal
from typing import Final, NamedTuple, Protocol

from tradewind.contracts.precision import PRICE
from tradewind.contracts.risk.checks import RiskCheck
from tradewind.contracts.risk.limit_names import MAX_BPS
from tradewind.contracts.risk.limits import PortfolioLimits
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import USD, Finding, Limit, at_most, failed

BPS_STEP: Final = Decimal("0.01")


class LossFigures(Protocol):
    """What a portfolio gained and lost; a book has it. None where it is not known."""

    @property
    def day_profit_usd(self) -> Decimal | None: ...
    @property
    def equity_usd(self) -> Decimal | None: ...
    @property
    def peak_equity_usd(self) -> Decimal | None: ...
    @property
    def consecutive_losses(self) -> int | None: ...


type LossRule = Callable[[PortfolioLimits, LossFigures], Finding | None]


class LossTrip(NamedTuple):
    """A loss that stops a portfolio from buying, until a person resumes it."""

    rule: RiskRejectionReason
    detail: str


def daily_loss(limits: PortfolioLimits, figures: LossFigures) -> Finding | None:
    """Compare the loss of the UTC day with its limit."""
    limit, profit = limits.max_daily_loss_usd, figures.day_profit_usd
    if limit is None:
        return None
    loss = None if profit is None else max(-profit, Decimal(0))
    return at_most(
        RiskRejectionReason.DAILY_LOSS_LIMIT,
        "the loss of today",
        loss,
        Limit(limit, USD, limits.scope_of("max_daily_loss_usd")),
    )


def drawdown(limits: PortfolioLimits, figures: LossFigures) -> Finding | None:
    """Compare the fall of equity from its peak with its limit."""
    if limits.max_drawdown_bps is None:
        return None
    return at_most(
        RiskRejectionReason.DRAWDOWN_LIMIT,
        "the fall of equity from its peak",
        _drawdown_bps(figures.equity_usd, figures.peak_equity_usd),
        Limit(limits.max_drawdown_bps, "bps", limits.scope_of("max_drawdown_bps")),
    )


def losses_in_a_row(limits: PortfolioLimits, figures: LossFigures) -> Finding | None:
    """Compare the number of losing exits since the last one that won with its limit.

    Reaching this limit is what stops a portfolio: after three losses where it is three.
    """
    limit, losses = limits.max_consecutive_losses, figures.consecutive_losses
    if limit is None:
        return None
    rule, scope = RiskRejectionReason.CONSECUTIVE_LOSSES, limits.scope_of("max_consecutive_losses")
    if losses is None:
        detail = f"the losses in a row are not known, and a limit needs them: {limit} ({scope})"
        return failed(rule, detail, limit=str(limit), scope=scope)
    if losses < limit:
        check = RiskCheck(rule=rule, passed=True, value=str(losses), limit=str(limit), scope=scope)
        return Finding(check)
    detail = f"{losses} losses in a row reach the limit of {limit} ({scope})"
    return failed(rule, detail, value=str(losses), limit=str(limit), scope=scope)


LOSS_RULES: Final[tuple[LossRule, ...]] = (daily_loss, drawdown, losses_in_a_row)


def loss_trip(limits: PortfolioLimits, figures: LossFigures) -> LossTrip | None:
    """Return the first loss beyond its limit; None where there is none that is known.

    What is not known stops nothing for good: the portfolio stage refuses for as long as it is so.
    """
    for rule in LOSS_RULES:
        found = rule(limits, figures)
        if found is not None and not found.check.passed and found.check.value is not None:
            return LossTrip(found.check.rule, found.detail)
    return None


def _drawdown_bps(equity: Decimal | None, peak: Decimal | None) -> Decimal | None:
    if equity is None or peak is None:
        return None
    if equity >= peak:
        return Decimal(0)
    if peak <= 0:
        return None
    exact = PRICE.divide((peak - equity) * MAX_BPS, peak)
    return exact.quantize(BPS_STEP, ROUND_CEILING, context=PRICE)
