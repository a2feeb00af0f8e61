"""A sale is one of what the portfolio holds."""

from actors.portfolio.judgement import Judgement
from actors.portfolio.rules.amounts import whole
from tradewind.contracts.risk.checks import RiskCheck
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, failed

RULE = RiskRejectionReason.INSUFFICIENT_POSITION


def insufficient_position(judgement: Judgement) -> Finding | None:
    """Fail when it sells more than is held and not claimed, unless a policy allows that.

    A portfolio without capital may, as before there were books, until a policy says otherwise.
    """
    limits, intent = judgement.limits, judgement.intent
    applies = limits.short_allowed is False or (
        limits.short_allowed is None and judgement.book.funded
    )
    if not applies or judgement.buys:
        return None
    base, sellable, scope = intent.base, judgement.sellable, limits.scope_of("short_allowed")
    value, limit = whole(intent.amount_base_units, base), whole(sellable, base)
    if judgement.only_reduces:
        check = RiskCheck(rule=RULE, passed=True, value=value, limit=limit, scope=scope)
        return Finding(check)
    held = "what is held is not known" if limit is None else f"{limit} are held and free"
    return failed(RULE, f"it sells {value}, and {held}", value=value, limit=limit, scope=scope)
