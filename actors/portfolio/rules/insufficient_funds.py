"""A purchase is paid with what the portfolio has."""

from actors.portfolio.judgement import Judgement
from actors.portfolio.rules.amounts import whole
from tradewind.contracts.risk.checks import RiskCheck
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, failed

RULE = RiskRejectionReason.INSUFFICIENT_FUNDS


def insufficient_funds(judgement: Judgement) -> Finding | None:
    """Fail when it may cost more of the quote token than is there and not claimed.

    A portfolio without capital has none to run out of: that rule begins with the first capital.
    """
    book, screened, quote = judgement.book, judgement.screened, judgement.intent.quote
    if not book.funded or not judgement.buys:
        return None
    held = judgement.position(quote)
    free = None if held is None else max(held.quantity - held.claimed, 0)
    value, limit = whole(screened.max_amount_in, quote), whole(free, quote)
    if screened.max_amount_in is None or free is None:
        detail = f"what it may cost, or what is there of {quote.symbol}, is not known"
        return failed(RULE, detail, value=value, limit=limit)
    if screened.max_amount_in <= free:
        return Finding(RiskCheck(rule=RULE, passed=True, value=value, limit=limit))
    return failed(RULE, f"it may cost {value}, and {limit} are free", value=value, limit=limit)
