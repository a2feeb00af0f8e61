"""Average cost: what is bought and sold adds up to the unit, whatever the order."""

from decimal import Decimal

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.histories import USDC, WETH, History
from tests.support.naive_accounts import keep_accounts
from tests.support.trades import Trade, all_fills, trades
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.execution.payloads import StepFilled
from tradewind.readmodels.models.positions import (
    Positions,
    PositionsDocument,
    evolve_positions,
    pack_positions,
    to_document,
    trim_positions,
    unpack_positions,
)
from tradewind.trading.accounting import series
from tradewind.trading.accounting.holding import Holding

amounts = st.integers(1, 10**30)
exchanges = st.lists(st.tuples(st.sampled_from([1, -1]), amounts, amounts), max_size=20)


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


@given(exchanges)
def test_cost_and_gain_account_for_every_unit_paid(trades: list[tuple[int, int, int]]) -> None:
    holding, quantity, paid = Holding(WETH, USDC), 0, 0
    for sign, base_units, quote_units in trades:
        holding = holding.trade(sign * base_units, sign * quote_units)
        quantity += sign * base_units
        paid += sign * quote_units
    assert holding.quantity == quantity
    assert holding.realised == holding.cost - paid
    assert holding.fills == len(trades)


@given(exchanges)
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


@st.composite
def recordings(draw: st.DrawFn) -> tuple[list[Trade], list[AnyEvent]]:
    """Make trades, and their fills in the order in which they happen to be recorded."""
    made = draw(trades(max_size=20))
    return made, draw(st.permutations(list(all_fills(made))))


@pytest.fixture
def short_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep few trades."""
    monkeypatch.setattr(series, "CHUNK_TRADES", 2)
    monkeypatch.setattr(series, "KEPT_CHUNKS", 2)


def shown(document: PositionsDocument) -> dict[tuple[str, str], tuple[Decimal, Decimal, int]]:
    return {
        (one.base, one.quote): (one.quantity, one.realised_pnl, one.fills)
        for one in document.positions
    }


def kept_by_hand(made: list[Trade]) -> dict[tuple[str, str], tuple[Decimal, Decimal, int]]:
    decimals = {token.symbol: token.decimals for one in made for token in (one.base, one.quote)}
    return {
        (base, quote): (
            Decimal(one.quantity).scaleb(-decimals[base]),
            Decimal(one.realised).scaleb(-decimals[quote]),
            one.fills,
        )
        for (base, quote), one in keep_accounts(made).positions.items()
    }


@pytest.mark.usefixtures("short_memory")
@settings(max_examples=examples(40))
@given(recordings())
def test_positions_equal_those_kept_by_hand_whatever_is_recorded_first(
    recording: tuple[list[Trade], list[AnyEvent]],
) -> None:
    made, events = recording
    positions = Positions("demo")
    for place, event in enumerate(events, 1):
        try:
            positions = evolve_positions(positions, event, place)
        except series.Forgotten:
            positions = fold(events[:place])
        positions = trim_positions(positions)
    document = to_document(positions, "first")
    assert document is not None
    assert shown(document) == kept_by_hand(made)
    in_order = to_document(fold(list(all_fills(made))), "first")
    assert in_order is not None
    assert document.model_dump_json() == in_order.model_dump_json()


@pytest.mark.usefixtures("short_memory")
@settings(max_examples=examples(40))
@given(recordings(), st.integers(1, 5))
def test_positions_kept_on_the_way_go_on_as_those_never_written_down(
    recording: tuple[list[Trade], list[AnyEvent]], kept_every: int
) -> None:
    """Given states that are written down and read again, then they equal those folded at once."""
    _, events = recording
    positions = Positions("demo")
    for place, event in enumerate(events, 1):
        if place % kept_every == 0:
            positions = unpack_positions("demo", orjson.loads(pack_positions(positions)))
        try:
            positions = evolve_positions(positions, event, place)
        except series.Forgotten:
            positions = fold(events[:place])
        positions = trim_positions(positions)
        at_once = fold(events[:place])
        assert to_document(positions, "first") == to_document(at_once, "first")
        assert pack_positions(positions) == pack_positions(trim_positions(at_once))


def test_a_state_that_was_handed_out_stays_what_it_was() -> None:
    events = list(all_fills([Trade(1, minutes=2), Trade(2, minutes=1, is_purchase=False)]))
    first = fold(events[:1])
    before = to_document(first, "first")
    evolve_positions(first, events[1], 2)
    assert to_document(first, "first") == before


def test_of_two_fills_with_one_key_the_first_of_the_history_stands() -> None:
    trade = Trade(1)
    told, otherwise = trade.fill(0, 8), trade.fill(0, 9, amount_out=1)
    positions = fold([told, otherwise])
    assert positions.version == 2
    assert positions.series == fold([told]).series


def test_a_fill_counts_once() -> None:
    event = fills(History())[0]
    once = evolve_positions(Positions("demo"), event, 7)
    assert evolve_positions(once, event, 7) == once


def test_no_fill_is_no_document() -> None:
    assert to_document(Positions("demo"), "first") is None
