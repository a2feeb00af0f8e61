"""The blueprint of the dev chain, before anything is deployed."""

import pytest

from tradewind.operations.embedded.devchain import blueprint
from tradewind.operations.embedded.devchain.blueprint import (
    CONTRACTS,
    POOLS,
    TOKENS,
    PoolPlan,
    blueprint_key,
)
from tradewind.operations.embedded.devchain.open_chain import TICK_SPACINGS, open_pool
from tradewind.trading.pricing.swap.tick_math import tick_at_sqrt_ratio
from tradewind.trading.tokens import load_tokens


@pytest.mark.parametrize("plan", POOLS, ids=lambda plan: f"{plan[0]}-{plan[1]}-{plan[2]}")
def test_a_pool_opens_at_its_price_among_its_positions(plan: PoolPlan) -> None:
    opening = open_pool(plan)
    assert int(opening.token0.address, 16) < int(opening.token1.address, 16)
    base_units = opening.sqrt_price_x96**2 / 2**192
    price = base_units * 10 ** (opening.token0.decimals - opening.token1.decimals)
    expected = opening.token0.usd / opening.token1.usd
    assert price == pytest.approx(expected * (1 + plan.shift_bps / 10_000), rel=1e-5)
    tick = tick_at_sqrt_ratio(opening.sqrt_price_x96)
    spacing = TICK_SPACINGS[plan.fee_pips]
    for position in opening.positions:
        assert position.lower_tick < position.upper_tick
        assert position.lower_tick % spacing == position.upper_tick % spacing == 0
        assert min(position.amount0, position.amount1) > 0
    ranges = [(each.lower_tick, each.upper_tick) for each in opening.positions]
    assert any(lower <= tick < upper for lower, upper in ranges)
    # Some apart from the price on either side, so that a swap reaches liquidity it did not have.
    assert any(lower > tick for lower, _ in ranges)
    assert any(upper <= tick for _, upper in ranges)


def test_a_base_is_token0_of_one_pair_and_token1_of_another() -> None:
    usd_pairs = [plan for plan in POOLS if plan.symbol_b == "USDC"]
    assert {open_pool(plan).token0.symbol == plan.symbol_a for plan in usd_pairs} == {True, False}


def test_tokens_are_those_of_the_built_in_list() -> None:
    for token in load_tokens().tokens:
        plan = TOKENS[token.symbol]
        assert (plan.address, plan.decimals, plan.usd_pegged) == (
            token.address,
            token.decimals,
            token.usd_pegged,
        )


def test_contracts_are_created_in_the_order_of_their_creators_nonces() -> None:
    created: dict[str, int] = {}
    for plan in CONTRACTS:
        assert plan.nonce > created.get(plan.creator, -1)
        created[plan.creator] = plan.nonce


def test_the_key_changes_with_the_blueprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = blueprint_key()
    assert blueprint_key() == before
    monkeypatch.setattr(blueprint, "POOLS", POOLS[:-1])
    assert blueprint_key() != before
