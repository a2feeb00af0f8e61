"""Calldata says what the plan says, never less, and always with a deadline."""

from typing import Any

import pytest
from eth_abi.abi import decode
from hypothesis import given
from hypothesis import strategies as st

from actors.venues.uniswap_v3.calldata import swap_calldata
from tests.support.factories import DAI, USDC, WETH
from tradewind.contracts.plans.model import ExecutionStep, RouteLeg, RouteQuote
from tradewind.contracts.venues import UNISWAP_V3
from tradewind.trading.chain.contract_interface import Function
from tradewind.trading.chain.settings import RouterKind
from tradewind.trading.chain.uniswap_v3 import (
    EXACT_INPUT,
    EXACT_INPUT_02,
    EXACT_INPUT_SINGLE,
    EXACT_INPUT_SINGLE_02,
    MULTICALL,
    MULTICALL_BEFORE,
)

WALLET = WETH.address
DEADLINE = 1_800_000_000
amounts = st.integers(1, 2**128)
fees = st.sampled_from([100, 500, 3_000, 10_000])


def leg(token_in: str, token_out: str, fee: int, amount_in: int, amount_out: int) -> RouteLeg:
    return RouteLeg(
        pool=WETH.address,
        fee_pips=fee,
        token_in=token_in,
        token_out=token_out,
        amount_in=amount_in,
        amount_out=amount_out,
        ticks_crossed=0,
        sqrt_price_x96_after=1,
    )


def step(path: str, legs: tuple[RouteLeg, ...], amount_in: int, min_out: int) -> ExecutionStep:
    route = RouteQuote.model_validate(
        {
            "pool": WETH.address,
            "fee_pips": legs[0].fee_pips if legs else 3_000,
            "amount_in": amount_in,
            "amount_out": 1,
            "ticks_crossed": 0,
            "gas_estimate": 1,
            "block_number": 1,
            "sqrt_price_x96_after": 1,
            "path": path,
            "legs": legs,
        }
    )
    return ExecutionStep(
        venue=UNISWAP_V3,
        base=WETH,
        quote=USDC,
        token_in=USDC.address,
        token_out=WETH.address,
        amount_in=amount_in,
        min_out=min_out,
        route=route,
    )


def arguments(function: Function, data: bytes) -> Any:
    assert data[:4] == function.selector
    return decode(function.inputs, data[4:])


def calls_of(kind: RouterKind, data: bytes) -> list[bytes]:
    """Return the calls in calldata, having seen the deadline around those of SwapRouter02."""
    if kind == "swap_router_02":
        deadline, calls = arguments(MULTICALL_BEFORE, data)
        assert deadline == DEADLINE
        return list(calls)
    if data[:4] == MULTICALL.selector:
        return list(arguments(MULTICALL, data)[0])
    return [data]


def single(kind: RouterKind, call: bytes) -> tuple[str, str, int, int, int]:
    """Return tokens, fee, amount and minimum of an exactInputSingle to the wallet."""
    if kind == "swap_router_02":
        (found,) = arguments(EXACT_INPUT_SINGLE_02, call)
        token_in, token_out, fee, recipient, amount, minimum, limit = found
    else:
        (found,) = arguments(EXACT_INPUT_SINGLE, call)
        token_in, token_out, fee, recipient, deadline, amount, minimum, limit = found
        assert deadline == DEADLINE
    assert (recipient.lower(), limit) == (WALLET.lower(), 0)
    return token_in, token_out, fee, amount, minimum


@pytest.mark.parametrize("kind", ["swap_router", "swap_router_02"])
@given(amount=amounts, minimum=amounts)
def test_a_direct_swap(kind: RouterKind, amount: int, minimum: int) -> None:
    planned = step("direct", (), amount, minimum)
    (call,) = calls_of(kind, swap_calldata(planned, kind, WALLET, DEADLINE))
    pair = (USDC.address.lower(), WETH.address.lower())
    assert single(kind, call) == (*pair, 3_000, amount, minimum)


@pytest.mark.parametrize("kind", ["swap_router", "swap_router_02"])
@given(parts=st.lists(st.tuples(fees, amounts, amounts), min_size=2, max_size=4), data=st.data())
def test_a_split_guarantees_what_the_plan_does(
    kind: RouterKind, parts: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    legs = tuple(leg(USDC.address, WETH.address, *part) for part in parts)
    promised = sum(part.amount_out for part in legs)
    minimum = data.draw(st.integers(1, promised))
    planned = step("split", legs, sum(part.amount_in for part in legs), minimum)
    found = [
        single(kind, call)
        for call in calls_of(kind, swap_calldata(planned, kind, WALLET, DEADLINE))
    ]
    assert [(fee, amount) for _, _, fee, amount, _ in found] == [part[:2] for part in parts]
    minima = [one[-1] for one in found]
    assert minimum <= sum(minima) <= minimum + len(parts)
    assert all(one <= part.amount_out for one, part in zip(minima, legs, strict=True))


@pytest.mark.parametrize("kind", ["swap_router", "swap_router_02"])
@given(amount=amounts, minimum=amounts, first=fees, second=fees)
def test_two_hops_are_one_path(
    kind: RouterKind, amount: int, minimum: int, first: int, second: int
) -> None:
    legs = (
        leg(USDC.address, DAI.address, first, amount, 5),
        leg(DAI.address, WETH.address, second, 5, 7),
    )
    planned = step("two_hop", legs, amount, minimum)
    (call,) = calls_of(kind, swap_calldata(planned, kind, WALLET, DEADLINE))
    if kind == "swap_router_02":
        ((path, recipient, *rest),) = arguments(EXACT_INPUT_02, call)
    else:
        ((path, recipient, deadline, *rest),) = arguments(EXACT_INPUT, call)
        assert deadline == DEADLINE
    assert (recipient.lower(), rest) == (WALLET.lower(), [amount, minimum])
    expected = [USDC.address[2:], f"{first:06x}", DAI.address[2:], f"{second:06x}"]
    assert path.hex() == "".join([*expected, WETH.address[2:]]).lower()


def test_legs_that_do_not_make_up_the_step_are_refused() -> None:
    apart = (leg(USDC.address, WETH.address, 500, 4, 4), leg(USDC.address, WETH.address, 500, 5, 5))
    with pytest.raises(ValueError, match="legs"):
        swap_calldata(step("split", apart, 10, 1), "swap_router", WALLET, DEADLINE)
    astray = (leg(USDC.address, DAI.address, 500, 4, 4), leg(DAI.address, DAI.address, 500, 4, 4))
    with pytest.raises(ValueError, match="legs"):
        swap_calldata(step("two_hop", astray, 4, 1), "swap_router", WALLET, DEADLINE)
