"""The cores decide what the roles decide, to the wei."""

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.factories import BLOCK_NUMBER, DAI, MARKET, USDC, WBTC, WETH
from tests.support.parity import Market, by_cores, by_roles, market_of, random_trade
from tradewind.trading.pricing.swap.engine import choose_router
from tradewind.trading.pricing.swap.router import Router

TRADES = 2_000
TRADES_A_MARKET = 50
PAIRS = [(WETH, USDC), (WETH, USDC), (WETH, DAI), (WBTC, USDC), (WBTC, WETH), (USDC, DAI)]
ROUTER: Router = choose_router(rust_engine_enabled=True)


def market_at(number: int, blocks_late: int = 1) -> Market:
    """Return the pools of one block, and of the later one in which a trade arrives."""
    block = BLOCK_NUMBER + number * 7
    return market_of(ROUTER, MARKET.snapshots(block), MARKET.snapshots(block + blocks_late))


def test_two_thousand_trades_are_decided_alike_to_the_wei() -> None:
    random, outcomes, paths = Random(15), Counter[str](), Counter[str]()
    for first in range(0, TRADES, TRADES_A_MARKET):
        market = market_at(first // TRADES_A_MARKET, blocks_late=random.choice([0, 1, 5]))
        for number in range(first, first + TRADES_A_MARKET):
            trade = random_trade(random, number, PAIRS)
            decided = by_cores(trade, market)
            assert decided == by_roles(trade, market), trade
            outcomes[decided.refusal or decided.revert or "filled"] += 1
            paths[decided.path] += 1
    assert outcomes["filled"] > TRADES // 3
    assert {"NOTIONAL_LIMIT", "TOO_LITTLE_RECEIVED"} <= outcomes.keys()
    assert paths.keys() == {"", "direct", "two_hop", "split"}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 30), st.integers(0, 20))
def test_any_trade_on_any_market_is_decided_alike(seed: int, number: int, blocks_late: int) -> None:
    market = market_at(number, blocks_late)
    trade = random_trade(Random(seed), seed, PAIRS)
    assert by_cores(trade, market) == by_roles(trade, market)
