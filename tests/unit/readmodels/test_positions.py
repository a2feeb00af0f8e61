"""Average cost: what is bought and sold adds up to the unit, whatever the order."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.support.histories import USDC, WETH, History
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.execution.payloads import StepFilled
from tradewind.readmodels.models.positions import Holding, Positions, evolve_positions, to_document

amounts = st.integers(1, 10**30)
trades = st.lists(st.tuples(st.sampled_from([1, -1]), amounts, amounts), max_size=20)


def fills(*histories: History) -> list[AnyEvent]:
    return [
        event
        for history in histories
        for event in history.completed()
        if isinstance(event.payload, StepFilled)
    ]


def fold(events: list[AnyEvent]) -> Positions:
    positions = Positions("demo")
    for global_seq, event in enumerate(events, 1):
        positions = evolve_positions(positions, event, global_seq)
    return positions


@given(trades)
def test_cost_and_gain_account_for_every_unit_paid(trades: list[tuple[int, int, int]]) -> None:
    holding, quantity, paid = Holding(WETH, USDC), 0, 0
    for sign, base_units, quote_units in trades:
        holding = holding.trade(sign * base_units, sign * quote_units)
        quantity += sign * base_units
        paid += sign * quote_units
    assert holding.quantity == quantity
    assert holding.realised == holding.cost - paid
    assert holding.fills == len(trades)


@given(trades)
def test_a_closed_holding_costs_nothing(trades: list[tuple[int, int, int]]) -> None:
    holding = Holding(WETH, USDC)
    for sign, base_units, quote_units in trades:
        holding = holding.trade(sign * base_units, sign * quote_units)
    if holding.quantity:
        holding = holding.trade(-holding.quantity, 0)
    assert holding.cost == 0


def test_buying_twice_and_selling_one_realises_against_the_average() -> None:
    holding = Holding(WETH, USDC).trade(10, 100).trade(10, 300).trade(-10, -250)
    assert (holding.quantity, holding.cost, holding.realised) == (10, 200, 50)


def test_a_sale_beyond_the_holding_opens_a_short_at_its_own_price() -> None:
    holding = Holding(WETH, USDC).trade(10, 100).trade(-15, -300)
    assert (holding.quantity, holding.cost, holding.realised) == (-5, -100, 100)
    assert holding.trade(5, 60)[2:5] == (0, 0, 140)


def test_the_document_of_a_round_trip() -> None:
    events = fills(History(1), History(2, intent_type="dispose"), History(3))
    document = to_document(fold(events), "first")
    assert document is not None
    assert (document.version, document.pnl) == (3, Decimal(0))
    assert document.pnl_by_quote == {"USDC": Decimal(0)}
    position = document.positions[0]
    assert (position.instrument, position.fills) == ("ethereum-WETH-USDC", 3)
    assert (position.quantity, position.average_cost) == (Decimal(1), Decimal(3_500))
    assert type(document).model_validate_json(document.model_dump_json()) == document


def test_a_fill_counts_once() -> None:
    event = fills(History())[0]
    once = evolve_positions(Positions("demo"), event, 7)
    assert evolve_positions(once, event, 7) == once


def test_no_fill_is_no_document() -> None:
    assert to_document(Positions("demo"), "first") is None
