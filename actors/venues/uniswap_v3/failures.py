"""Maps the error texts of contracts and nodes to the reason why a step failed, in plain words."""

from typing import Final, NamedTuple

from tradewind.contracts.execution.reasons import ExecutionFailureReason


class Failure(NamedTuple):
    """Why a step failed, and a sentence an operator can act on."""

    reason: ExecutionFailureReason
    detail: str


REFUSED_TO_ROUTER: Final = "STF"
"""TransferHelper, safe transfer from: the token did not let the router take it."""
REFUSED_TO_POOL: Final = "TF"
"""TransferHelper of the pool, transfer: the token did not let the pool pay it out."""

_FAILURES: Final = {
    "Too little received": (
        ExecutionFailureReason.TOO_LITTLE_RECEIVED,
        "the pool pays less than the plan's minimum",
    ),
    "Transaction too old": (
        ExecutionFailureReason.TRANSACTION_TOO_OLD,
        "it reached a block after its deadline",
    ),
    REFUSED_TO_ROUTER: (
        ExecutionFailureReason.TRANSFER_FAILED,
        "the router may not or cannot take the token that is sold; balance or allowance are too "
        "small, or the token is paused or blocks the wallet",
    ),
    "SPL": (
        ExecutionFailureReason.PRICE_LIMIT,
        "the pool's price has passed the limit",
    ),
    REFUSED_TO_POOL: (
        ExecutionFailureReason.REVERTED,
        "the pool cannot pay out the token that is bought; the token is paused, or blocks the "
        "pool or the wallet",
    ),
    "IIA": (
        ExecutionFailureReason.REVERTED,
        "the pool received less than it is owed, so the token that is sold keeps a part of every "
        "transfer (fee on transfer); it cannot be sold through Uniswap V3",
    ),
    "LOK": (
        ExecutionFailureReason.REVERTED,
        "the pool is not initialised, or the token calls back into it while it swaps",
    ),
    "AS": (ExecutionFailureReason.REVERTED, "the amount to swap is zero"),
    "ST": (ExecutionFailureReason.REVERTED, "the router cannot pass on a token it holds"),
    "SA": (ExecutionFailureReason.REVERTED, "the token refuses an approval of the router"),
    "STE": (ExecutionFailureReason.REVERTED, "the receiver refuses ether"),
    "OLD": (ExecutionFailureReason.REVERTED, "the pool's price history does not reach that far"),
    "R": (ExecutionFailureReason.REVERTED, "the price would leave the range a pool can hold"),
    "T": (ExecutionFailureReason.REVERTED, "the price would leave the range a pool can hold"),
}
"""What SwapRouter, TransferHelper and the pool revert with."""

_GAS_TEXTS: Final = ("out of gas", "outofgas", "gas required exceeds")


def failure_of(revert_text: str) -> Failure:
    """Return the reason of a decoded revert, and a sentence that explains it."""
    known = _FAILURES.get(revert_text)
    if known is not None:
        reason, explanation = known
        return Failure(reason, f"{revert_text}: {explanation}")
    if any(text in revert_text.lower() for text in _GAS_TEXTS):
        return Failure(ExecutionFailureReason.OUT_OF_GAS, "the gas limit was too low")
    return Failure(ExecutionFailureReason.REVERTED, in_words(revert_text))


def in_words(revert_text: str) -> str:
    """Return a decoded revert as people read it: a custom error nobody knows is but a number."""
    if revert_text.startswith("0x"):
        return f"a contract refuses with an error of its own, {revert_text}"
    return revert_text
