"""Why no plan is made, in sentences."""

from collections.abc import Mapping
from typing import Final

from tradewind.contracts.explanations.explanation import Explanation
from tradewind.contracts.plans.reasons import PlanRejectionReason

PLAN_REASONS: Final[Mapping[PlanRejectionReason, Explanation]] = {
    PlanRejectionReason.NO_POOL: Explanation(
        "No pool connects the two tokens.",
        "Choose another pair.",
    ),
    PlanRejectionReason.NO_PRICE: Explanation(
        "There was no price to plan with.",
        "See whether the market role runs, and submit again.",
    ),
    PlanRejectionReason.STALE_POOL: Explanation(
        "The pools' states were too old to plan with.",
        "See whether the market role runs, and submit again.",
    ),
    PlanRejectionReason.INSUFFICIENT_LIQUIDITY: Explanation(
        "The pools hold too little for this amount.",
        "Ask for less, or split it.",
    ),
    PlanRejectionReason.AMOUNT_TOO_SMALL: Explanation(
        "Nothing would be received for so little.",
        "Ask for more.",
    ),
    PlanRejectionReason.PRICE_IMPACT_LIMIT: Explanation(
        "The best route is worse than the prices that risk approved allow.",
        "Ask for less: a smaller amount moves the price less.",
    ),
    PlanRejectionReason.FEE_ON_TRANSFER: Explanation(
        "A token keeps a part of every transfer, so no amount could be promised.",
        "Choose another pair.",
    ),
    PlanRejectionReason.VENUE_NOT_ALLOWED: Explanation(
        "The instrument may not be traded at the venue this strategy uses.",
        "Allow the venue for the instrument, or use another strategy.",
    ),
}
