"""Decides, from a simulated swap, whether a token keeps a part of what it moves.

Router and pool guarantee what leaves the pool. Only the token decides what arrives, and it may
decide otherwise in the next block, so a swap that arrives short by anything is not signed.
"""

from typing import Final

from actors.venues.uniswap_v3.failures import Failure
from actors.venues.uniswap_v3.swap_receipt import SwapFill
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.plans.model import ExecutionStep

ROUNDING_PARTS: Final = 1_000_000
"""Tokens that keep shares round a balance by a unit or two: one in a million may be lost so."""


def loss_to_token(
    step: ExecutionStep, fill: SwapFill | None, sold: int | None, bought: int | None
) -> Failure | None:
    """Return why the wallet would get less or pay more than the pools say, or None.

    `fill` is what the logs say, None where a node tells none; `sold` and `bought` are by how much
    the balances change, None where they cannot be read.
    """
    promised = step.min_out if fill is None else fill.swapped.amount_out
    arrived = None if fill is None else fill.moved.amount_out
    if bought is not None and (bought < step.min_out or _is_more(promised, bought)):
        arrived = bought if arrived is None else min(arrived, bought)
    if arrived is not None and arrived < promised:
        return Failure(
            ExecutionFailureReason.TOO_LITTLE_RECEIVED,
            f"{arrived} of {promised} base units would arrive: {_symbol(step, step.token_out)} "
            "keeps a part of every transfer (fee on transfer or rebasing)",
        )
    paid = step.amount_in if fill is None else fill.moved.amount_in
    if sold is not None and _is_more(sold, step.amount_in):
        paid = max(paid, sold)
    if paid > step.amount_in:
        return Failure(
            ExecutionFailureReason.TRANSFER_FAILED,
            f"{paid} base units would leave the wallet for {step.amount_in} that are sold: "
            f"{_symbol(step, step.token_in)} takes a fee on top of every transfer",
        )
    return None


def _is_more(one: int, other: int) -> bool:
    """Return whether an amount exceeds another by more than what rounding takes."""
    return (one - other) * ROUNDING_PARTS > other


def _symbol(step: ExecutionStep, token: str) -> str:
    return step.base.symbol if step.base.address == token else step.quote.symbol
