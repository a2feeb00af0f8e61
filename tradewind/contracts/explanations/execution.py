"""Why an execution fails, in sentences."""

from collections.abc import Mapping
from typing import Final

from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.explanations.explanation import Explanation

EXECUTION_REASONS: Final[Mapping[ExecutionFailureReason, Explanation]] = {
    ExecutionFailureReason.VENUE_UNAVAILABLE: Explanation(
        "The venue did not answer, and nothing was submitted to it.",
        "See whether the node is reachable, and submit again.",
    ),
    ExecutionFailureReason.VENUE_REFUSED: Explanation(
        "The venue refused it.",
        "The detail says why.",
    ),
    ExecutionFailureReason.TOO_LITTLE_RECEIVED: Explanation(
        (
            "The price moved: the swap would have brought less than its minimum, so the chain "
            "undid it."
        ),
        "Submit it again, or allow more slippage.",
    ),
    ExecutionFailureReason.REVERTED: Explanation(
        "The chain undid the transaction.",
        "The detail has what the chain says.",
    ),
    ExecutionFailureReason.TRANSACTION_TOO_OLD: Explanation(
        "It was mined after its deadline, so the chain undid it.",
        "Submit it again with a longer time window.",
    ),
    ExecutionFailureReason.TRANSFER_FAILED: Explanation(
        "The router could not take the tokens: balance or allowance is too small.",
        "See the wallet's balances and allowances.",
    ),
    ExecutionFailureReason.PRICE_LIMIT: Explanation(
        "The pool's price had passed the limit of the swap.",
        "Submit it again at the present price.",
    ),
    ExecutionFailureReason.OUT_OF_GAS: Explanation(
        "The transaction ran out of gas.",
        "Submit it again.",
    ),
    ExecutionFailureReason.INSUFFICIENT_BALANCE: Explanation(
        "The wallet holds too little of the token, or too little ether for gas.",
        "Fund the wallet, or ask for less.",
    ),
    ExecutionFailureReason.CANCELLED: Explanation(
        "A transfer of nothing took the transaction's nonce: the swap cannot happen any more.",
        "Submit it again if it is still wanted.",
    ),
    ExecutionFailureReason.PRICE_IMPACT_LIMIT: Explanation(
        "The plan is worse than the prices that risk approved allow, so nothing was signed.",
        "Submit it again, or ask for less.",
    ),
    ExecutionFailureReason.NONCE_TAKEN: Explanation(
        "A transaction that the platform did not sign took the nonce.",
        "Find out who else signs with this wallet.",
    ),
    ExecutionFailureReason.PLAN_SUPERSEDED: Explanation(
        "The ledger had recorded another decision, so nothing was signed.",
        "Nothing is to be done: the intent's history says what was decided.",
    ),
}
