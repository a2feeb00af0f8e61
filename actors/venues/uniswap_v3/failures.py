"""Maps the error texts of contracts and nodes to the reason why a step failed."""

from tradewind.contracts.execution.reasons import ExecutionFailureReason

_REASONS = {
    "Too little received": ExecutionFailureReason.TOO_LITTLE_RECEIVED,
    "Transaction too old": ExecutionFailureReason.TRANSACTION_TOO_OLD,
    "STF": ExecutionFailureReason.TRANSFER_FAILED,
    "SPL": ExecutionFailureReason.PRICE_LIMIT,
}
"""The routers of the periphery (SwapRouter, TransferHelper) and the pool revert with these."""

_EXPLANATIONS = {
    ExecutionFailureReason.TOO_LITTLE_RECEIVED: "the pool pays less than the plan's minimum",
    ExecutionFailureReason.TRANSACTION_TOO_OLD: "it reached a block after its deadline",
    ExecutionFailureReason.TRANSFER_FAILED: "the router may not or cannot take the tokens",
    ExecutionFailureReason.PRICE_LIMIT: "the pool's price has passed the limit",
}
_GAS_TEXTS = ("out of gas", "outofgas", "gas required exceeds")


def failure_of(revert_text: str) -> tuple[ExecutionFailureReason, str]:
    """Return the reason of a decoded revert, and a sentence that explains it."""
    reason = _REASONS.get(revert_text)
    if reason is not None:
        return reason, f"{revert_text}: {_EXPLANATIONS[reason]}"
    if any(text in revert_text.lower() for text in _GAS_TEXTS):
        return ExecutionFailureReason.OUT_OF_GAS, "the gas limit was too low"
    return ExecutionFailureReason.REVERTED, revert_text
