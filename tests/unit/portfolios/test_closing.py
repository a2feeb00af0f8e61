"""What is sold to close positions, and what is left out and why."""

from decimal import Decimal

import pytest

from tests.support.histories import ONE_WETH, USDC, WETH
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.intents.model import MAX_AMOUNT_BASE_UNITS, IntentConstraints
from tradewind.contracts.portfolio.closing import MAX_CLOSED, MAX_LEFT_OUT, LeftOut
from tradewind.trading.accounting.accounts import Accounts, Balance, Position
from tradewind.trading.accounting.holding import Holding
from tradewind.trading.accounting.keys import pair_key, token_key
from tradewind.trading.portfolios.closing import (
    Closing,
    Holdings,
    intent_of,
    open_instruments,
    plan_closing,
)

DAI = Asset(symbol="DAI", chain="ethereum", address="0x" + "da" * 20, decimals=18)
WETH_USDC, WETH_DAI = "ethereum-WETH-USDC", "ethereum-WETH-DAI"


def holdings(
    *held: tuple[Asset, Asset, int], claimed: int = 0, balance: int | None = None
) -> Holdings:
    """Return what a portfolio holds of pairs, and how much WETH is already claimed."""
    balances = {
        token_key(base): Balance(
            base,
            sum(units for one, _, units in held if one == base) if balance is None else balance,
        )
        for base, *_ in held
    }
    positions = {
        pair_key(base, quote): Position(Holding(base, quote, units)) for base, quote, units in held
    }
    accounts = Accounts("fund", balances=balances, positions=positions)
    return Holdings(accounts, 3, {WETH.address: claimed}, {WETH_USDC: "alpha"})


def reasons(plan: Closing) -> dict[str, LeftOut]:
    return {one.instrument: one.reason for one in plan.left_out}


def test_all_that_is_held_is_sold_by_the_strategy_that_traded_last() -> None:
    plan = plan_closing(holdings((WETH, USDC, ONE_WETH), (WETH, DAI, 2 * ONE_WETH)), None)
    assert {(one.instrument, one.amount, one.strategy_id) for one in plan.sales} == {
        (WETH_USDC, Decimal(1), "alpha"),
        (WETH_DAI, Decimal(2), "fund"),
    }
    assert plan.left_out == []


def test_one_position_alone_and_by_another_strategy() -> None:
    held = holdings((WETH, USDC, ONE_WETH), (WETH, DAI, ONE_WETH))
    (sale,) = plan_closing(held, WETH_USDC, "beta").sales
    assert (sale.instrument, sale.strategy_id) == (WETH_USDC, "beta")
    constraints = IntentConstraints(max_slippage=Decimal("0.01"), time_window=60)
    intent = intent_of(sale, "fund", constraints)
    assert (intent.intent_type, intent.portfolio_id, intent.instrument) == (
        "dispose",
        "fund",
        WETH_USDC,
    )
    assert plan_closing(held, "ethereum-LINK-USDC") == ([], [])


@pytest.mark.parametrize(
    ("held", "claimed", "expected"),
    [
        (ONE_WETH, ONE_WETH // 4, (Decimal("0.75"), None)),
        (ONE_WETH, ONE_WETH, (None, LeftOut.UNDER_WAY)),
        (ONE_WETH, 2 * ONE_WETH, (None, LeftOut.UNDER_WAY)),
        (-ONE_WETH, 0, (None, LeftOut.SHORT)),
        (MAX_AMOUNT_BASE_UNITS, 0, (None, LeftOut.AMOUNT_LIMIT)),
        (1, 0, (Decimal("1E-18"), None)),
    ],
)
def test_no_more_is_sold_than_there_is(
    held: int, claimed: int, expected: tuple[Decimal | None, LeftOut | None]
) -> None:
    plan = plan_closing(holdings((WETH, USDC, held), claimed=claimed), None)
    amounts = [one.amount for one in plan.sales]
    assert (amounts[0] if amounts else None, reasons(plan).get(WETH_USDC)) == expected


def test_a_token_of_two_pairs_is_sold_once() -> None:
    """Given a wallet with less of a token than both positions say, then no more is sold."""
    held = holdings((WETH, USDC, ONE_WETH), (WETH, DAI, ONE_WETH), balance=ONE_WETH * 3 // 2)
    plan = plan_closing(held, None)
    assert sum(one.amount for one in plan.sales) == Decimal("1.5")


def test_one_request_closes_so_many_positions() -> None:
    tokens = [
        Asset(symbol=f"T{number}", chain="ethereum", address=f"0x{number:040x}", decimals=18)
        for number in range(1, MAX_CLOSED + MAX_LEFT_OUT + 3)
    ]
    held = holdings(*((token, USDC, ONE_WETH) for token in tokens))
    plan = plan_closing(held, None)
    assert len(plan.sales) == MAX_CLOSED
    assert set(reasons(plan).values()) == {LeftOut.PAGE_LIMIT}
    assert len(plan.left_out) == MAX_LEFT_OUT
    assert len(open_instruments(held.accounts)) == MAX_CLOSED + MAX_LEFT_OUT + 2
