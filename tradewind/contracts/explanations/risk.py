"""Why risk refuses, in sentences."""

from collections.abc import Mapping
from typing import Final

from tradewind.contracts.explanations.explanation import Explanation
from tradewind.contracts.risk.reasons import RiskRejectionReason

RISK_REASONS: Final[Mapping[RiskRejectionReason, Explanation]] = {
    RiskRejectionReason.INSTRUMENT_UNKNOWN: Explanation(
        "The pair is no instrument.",
        "Register it with POST /instruments, or choose another pair.",
    ),
    RiskRejectionReason.INSTRUMENT_DISABLED: Explanation(
        "The pair may not be traded.",
        "Enable the instrument, or choose another pair.",
    ),
    RiskRejectionReason.INSTRUMENT_REDUCE_ONLY: Explanation(
        "Of this pair only what is held may be sold.",
        "Enable the instrument before you buy it.",
    ),
    RiskRejectionReason.ORDER_SIZE_MINIMUM: Explanation(
        "The amount is below the least one.",
        "Ask for more.",
    ),
    RiskRejectionReason.ORDER_SIZE_LIMIT: Explanation(
        "The amount is above the largest one.",
        "Split it into smaller intents.",
    ),
    RiskRejectionReason.LOT_SIZE: Explanation(
        "The amount is no multiple of the lot.",
        "Round it to a multiple of the lot.",
    ),
    RiskRejectionReason.TICK_SIZE: Explanation(
        "A price of its criteria is no multiple of the tick.",
        "Round the price to a multiple of the tick.",
    ),
    RiskRejectionReason.NOTIONAL_MINIMUM: Explanation(
        "It is worth less than the least value.",
        "Ask for more.",
    ),
    RiskRejectionReason.NOTIONAL_LIMIT: Explanation(
        "It is worth more than an order may be.",
        "Split it into smaller intents, or have the limit raised.",
    ),
    RiskRejectionReason.SLIPPAGE_LIMIT: Explanation(
        "It allows more slippage than is permitted.",
        "Lower max_slippage.",
    ),
    RiskRejectionReason.PRICE_COLLAR: Explanation(
        "The price is too far from its median of the last ten minutes.",
        "Wait until the price settles, and submit again.",
    ),
    RiskRejectionReason.MARKET_STALE: Explanation(
        "The market's state was too old to price it.",
        "See whether the market role runs, and submit again.",
    ),
    RiskRejectionReason.PRICE_UNAVAILABLE: Explanation(
        "A token had no fresh price in dollars.",
        "See whether the market role runs and a pool of the token is deep enough.",
    ),
    RiskRejectionReason.DUPLICATE_INTENT: Explanation(
        "The same side, pair and amount was approved a moment ago.",
        "If it is meant twice, submit it again when the window is over.",
    ),
    RiskRejectionReason.RATE_LIMIT: Explanation(
        "The portfolio had too many intents approved within a minute.",
        "Submit it again in a minute.",
    ),
    RiskRejectionReason.OPEN_INTENTS_LIMIT: Explanation(
        "The portfolio has too many open intents.",
        "Wait until some have ended, or cancel some.",
    ),
    RiskRejectionReason.POSITION_LIMIT: Explanation(
        "The position would be larger than it may be.",
        "Ask for less, or sell some of it first.",
    ),
    RiskRejectionReason.GROSS_EXPOSURE_LIMIT: Explanation(
        "The portfolio's gross exposure would be too large.",
        "Ask for less, or close positions first.",
    ),
    RiskRejectionReason.NET_EXPOSURE_LIMIT: Explanation(
        "The portfolio's net exposure would be too large.",
        "Ask for less, or close positions first.",
    ),
    RiskRejectionReason.CONCENTRATION_LIMIT: Explanation(
        "The token would be too large a part of the portfolio.",
        "Ask for less of it.",
    ),
    RiskRejectionReason.LEVERAGE_LIMIT: Explanation(
        "Exposure would be too large for the portfolio's equity.",
        "Ask for less, or fund the portfolio.",
    ),
    RiskRejectionReason.INSUFFICIENT_FUNDS: Explanation(
        "The portfolio has too little capital left for it.",
        "Fund the portfolio, or ask for less.",
    ),
    RiskRejectionReason.INSUFFICIENT_POSITION: Explanation(
        "The portfolio holds less than it is to sell.",
        "Sell at most what is held and not claimed by another intent.",
    ),
    RiskRejectionReason.DAILY_BUDGET: Explanation(
        "The portfolio's budget of the day is used up.",
        "Wait for the next day (UTC), or have the budget raised.",
    ),
    RiskRejectionReason.DAILY_LOSS_LIMIT: Explanation(
        "The portfolio has lost as much as it may in a day.",
        "Find out why, then a person resumes the portfolio.",
    ),
    RiskRejectionReason.DRAWDOWN_LIMIT: Explanation(
        "The portfolio has fallen too far from its peak.",
        "Find out why, then a person resumes the portfolio.",
    ),
    RiskRejectionReason.CONSECUTIVE_LOSSES: Explanation(
        "The portfolio lost too many times in a row.",
        "Find out why, then a person resumes the portfolio.",
    ),
    RiskRejectionReason.COOLDOWN: Explanation(
        "The pair was sold too short a time ago.",
        "Submit it again when the pause is over.",
    ),
    RiskRejectionReason.LOCKED: Explanation(
        "The pair rests: it is locked.",
        "Wait until the lock ends, or end it.",
    ),
    RiskRejectionReason.TRADING_HALTED: Explanation(
        "Trading is halted for something this intent needs.",
        "See the risk page for who halted it and why; submit again when it is resumed.",
    ),
    RiskRejectionReason.TRADING_REDUCING: Explanation(
        "Only what is held may be sold at present.",
        "See the risk page for why; submit again when trading is resumed.",
    ),
    RiskRejectionReason.APPROVAL_DENIED: Explanation(
        "A person refused it.",
        "The detail says who and why.",
    ),
    RiskRejectionReason.APPROVAL_TIMED_OUT: Explanation(
        "Nobody approved it before its time window closed.",
        "Submit it again with a longer time window, and have it approved.",
    ),
    RiskRejectionReason.WALLET_FROZEN: Explanation(
        "The wallet is frozen because it holds something else than the books say.",
        "See the wallet's drift, and resume the wallet.",
    ),
    RiskRejectionReason.RISK_UNAVAILABLE: Explanation(
        "The portfolio's book did not answer in time.",
        "See whether the portfolio role runs, and submit again.",
    ),
}
