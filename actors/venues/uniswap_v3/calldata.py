"""Encodes swaps and approvals as calldata of the routers and tokens."""

from typing import NamedTuple

from actors.venues.uniswap_v3.failures import REFUSED_TO_POOL, REFUSED_TO_ROUTER
from tradewind.contracts.plans.model import ExecutionStep
from tradewind.trading.chain.erc20 import APPROVE, TRANSFER_FROM, TRANSFER_TO
from tradewind.trading.chain.settings import RouterKind
from tradewind.trading.chain.uniswap_v3 import (
    EXACT_INPUT,
    EXACT_INPUT_02,
    EXACT_INPUT_SINGLE,
    EXACT_INPUT_SINGLE_02,
    MULTICALL,
    MULTICALL_BEFORE,
    encode_path,
)

NO_PRICE_LIMIT = 0


class _Single(NamedTuple):
    token_in: str
    token_out: str
    fee_pips: int
    amount_in: int
    min_out: int


def approval_calldata(spender: str, amount: int) -> bytes:
    """Return the call of a token that allows `spender` to take `amount` base units."""
    return APPROVE.encode(spender, amount)


def swap_calldata(
    step: ExecutionStep, kind: RouterKind, recipient: str, deadline_seconds: int
) -> bytes:
    """Return the call of a router that executes the step before a block time (Unix seconds).

    SwapRouter takes the deadline with every swap, SwapRouter02 around all of them. ValueError when
    the legs do not make up the step.
    """
    if kind == "swap_router":
        calls = _calls_with_deadline(step, recipient, deadline_seconds)
        return calls[0] if len(calls) == 1 else MULTICALL.encode(calls)
    return MULTICALL_BEFORE.encode(deadline_seconds, _calls(step, recipient))


def _calls_with_deadline(step: ExecutionStep, recipient: str, deadline_seconds: int) -> list[bytes]:
    if step.route.path == "two_hop":
        path = hop_path(step)
        arguments = (path, recipient, deadline_seconds, step.amount_in, step.min_out)
        return [EXACT_INPUT.encode(arguments)]
    return [
        EXACT_INPUT_SINGLE.encode(
            (
                *(one.token_in, one.token_out, one.fee_pips, recipient, deadline_seconds),
                *(one.amount_in, one.min_out, NO_PRICE_LIMIT),
            )
        )
        for one in _singles(step)
    ]


def _calls(step: ExecutionStep, recipient: str) -> list[bytes]:
    if step.route.path == "two_hop":
        path = hop_path(step)
        return [EXACT_INPUT_02.encode((path, recipient, step.amount_in, step.min_out))]
    return [
        EXACT_INPUT_SINGLE_02.encode(
            (
                *(one.token_in, one.token_out, one.fee_pips, recipient),
                *(one.amount_in, one.min_out, NO_PRICE_LIMIT),
            )
        )
        for one in _singles(step)
    ]


def _singles(step: ExecutionStep) -> list[_Single]:
    """Return the swaps of a direct or split route; their minima make up at least the step's."""
    route = step.route
    if route.path == "direct":
        pair = (step.token_in, step.token_out)
        return [_Single(*pair, route.fee_pips, step.amount_in, step.min_out)]
    expected = sum(leg.amount_out for leg in route.legs)
    if sum(leg.amount_in for leg in route.legs) != step.amount_in or not expected:
        raise ValueError("legs: must make up the amount of the step")
    return [
        _Single(
            *(step.token_in, step.token_out, leg.fee_pips, leg.amount_in),
            # Each minimum is rounded up, so that together they guarantee no less than the step.
            -(-step.min_out * leg.amount_out // expected),
        )
        for leg in route.legs
    ]


def hop_path(step: ExecutionStep) -> bytes:
    """Return the tokens and fees of a two-hop route as the contracts take them."""
    legs = step.route.legs
    tokens = [legs[0].token_in, *(leg.token_out for leg in legs)]
    if (tokens[0], tokens[-1]) != (step.token_in, step.token_out):
        raise ValueError("legs: must lead from the step's token to the other")
    return encode_path(tokens, [leg.fee_pips for leg in legs])


def refused_transfers(
    step: ExecutionStep, text: str, router: str, wallet: str
) -> list[tuple[str, str, bytes]]:
    """Return sender, token and call of the transfers one of which made the swap revert so."""
    route = step.route
    legs = [(leg.pool, leg.token_out, leg.amount_out) for leg in route.legs] or [
        (route.pool, step.token_out, route.amount_out)
    ]
    if text == REFUSED_TO_ROUTER:
        amount = route.legs[0].amount_in if route.legs else step.amount_in
        taken = TRANSFER_FROM.encode(wallet, legs[0][0], amount)
        return [(router, step.token_in, taken)]
    if text == REFUSED_TO_POOL:
        return [
            (pool, token, TRANSFER_TO.encode(wallet if token == step.token_out else router, amount))
            for pool, token, amount in legs
        ]
    return []
