"""Reads what a mined swap moved from the Swap logs of its pools, never from a quote."""

from typing import Any, NamedTuple

from tradewind.contracts.instruments.assets import to_checksum_address
from tradewind.contracts.plans.model import ExecutionStep
from tradewind.errors import UnknownOutcome
from tradewind.trading.chain.uniswap_v3 import SWAP


class UnreadableReceipt(UnknownOutcome):
    """The receipt of a successful swap lacks the logs of its pools. Ask another node."""

    code = "UNREADABLE_RECEIPT"


class Movement(NamedTuple):
    """Base units that went in and came out."""

    amount_in: int
    amount_out: int


def read_fill(receipt: dict[str, Any], step: ExecutionStep) -> Movement:
    """Return what the step's swap moved; UnreadableReceipt when its logs are not all there."""
    by_pool = {
        to_checksum_address(log["address"]): SWAP.decode(log)
        for log in receipt["logs"]
        if SWAP.matches(log)
    }
    route = step.route
    if route.path == "direct":
        return _movement(by_pool, route.pool, step.token_in, step.token_out)
    parts = [_movement(by_pool, leg.pool, leg.token_in, leg.token_out) for leg in route.legs]
    if route.path == "two_hop":
        return Movement(parts[0].amount_in, parts[-1].amount_out)
    return Movement(sum(part.amount_in for part in parts), sum(part.amount_out for part in parts))


def _movement(
    by_pool: dict[str, dict[str, Any]], pool: str, token_in: str, token_out: str
) -> Movement:
    log = by_pool.get(pool)
    if log is None:
        raise UnreadableReceipt(f"no Swap log of pool {pool}")
    # token0 is the token with the lower address (UniswapV3Factory.createPool).
    is_zero_for_one = int(token_in, 16) < int(token_out, 16)
    amounts = (
        (log["amount0"], log["amount1"]) if is_zero_for_one else (log["amount1"], log["amount0"])
    )
    movement = Movement(amounts[0], -amounts[1])
    if movement.amount_in <= 0 or movement.amount_out < 0:
        raise UnreadableReceipt(f"the Swap log of pool {pool} runs the other way")
    return movement
