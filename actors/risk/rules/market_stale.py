"""The pools that price an order were read recently."""

from actors.risk.screening import Screening
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, at_most


def market_stale(screening: Screening) -> Finding | None:
    """Fail for a pool state that is older than a policy allows, or dated as far ahead.

    What the settings allow is a price's own matter: beyond that there is none.
    """
    limit, known = screening.limit("max_price_age_seconds", "s"), screening.prices.known
    if limit is None or not known:
        return None
    age = max(abs(screening.now - price.block_time) for price in known)
    seconds = -(-int(age.total_seconds() * 1_000) // 1_000)
    return at_most(RiskRejectionReason.MARKET_STALE, "the age of a pool's state", seconds, limit)
