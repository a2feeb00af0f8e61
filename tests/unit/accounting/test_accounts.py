"""Accounts are the fold over a sorted set of postings, and every unit is accounted for."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given

from tests.support.factories import USDC, WETH
from tests.support.naive_accounts import NaivePosition, keep_accounts
from tests.support.trades import FIRST_DAY, Trade, all_fills, trades
from tradewind.contracts.instruments.assets import Asset
from tradewind.trading.accounting.accounts import Accounts, Position
from tradewind.trading.accounting.bookings import (
    Booking,
    EntryKind,
    Rates,
    booking_of,
)
from tradewind.trading.accounting.fold import OutOfOrder, post, recorded_equity
from tradewind.trading.accounting.keys import native_token, token_key
from tradewind.trading.accounting.ledger_rates import rated
from tradewind.trading.accounting.place import Place
from tradewind.trading.accounting.postings import Charge, Movement, Posting
from tradewind.trading.accounting.postings import Trade as TradePosting
from tradewind.trading.accounting.snapshot import from_json, to_json


def bookings_of(made: list[Trade]) -> list[Booking]:
    """Return what the fills of these trades mean, with the rates of their intents."""
    rates = {one.correlation_id: Rates(one.base_usd, one.quote_usd) for one in made}
    found = []
    for place, event in enumerate(all_fills(made), 1):
        booking = booking_of(event, place)
        assert booking is not None
        found.append(rated(booking, rates[booking.correlation_id]))
    return found


def postings_of(bookings: list[Booking]) -> list[Posting]:
    """Return postings in the order of the chain; a transaction of several fills is charged once."""
    made: list[Posting] = []
    charged = set()
    for booking in bookings:
        fill = booking.fill
        if fill is not None:
            base_usd, quote_usd = fill.rates[:2]
            made.append(
                TradePosting(
                    key=fill.place,
                    time=fill.time,
                    global_seq=fill.global_seq,
                    base=fill.base,
                    quote=fill.quote,
                    quantity=fill.quantity,
                    cost=fill.cost,
                    base_usd=base_usd,
                    quote_usd=quote_usd,
                    pool_fee=fill.pool_fee,
                )
            )
        for entry in booking.entries:
            if entry.kind is EntryKind.GAS and entry.tx_hash not in charged:
                charged.add(entry.tx_hash)
                chain = entry.token.chain
                at = (entry.place, entry.time, entry.global_seq, chain)
                made.append(Charge(*at, -entry.amount, entry.price_usd))
    return sorted(made, key=lambda one: one.key)


def fold(postings: list[Posting]) -> Accounts:
    accounts = Accounts("fund")
    for posting in postings:
        accounts = post(accounts, posting)
    return accounts


def comparable(position: Position) -> NaivePosition:
    _, _, quantity, cost, realised, fills = position.holding
    dollars, fees = Fraction(position.realised_usd), Fraction(position.fee_usd)
    assert position.fee is not None
    return NaivePosition(
        quantity, cost, realised, dollars, position.unpriced, fills, position.fee, fees
    )


@given(trades())
def test_accounts_are_what_one_would_keep_by_hand(made: list[Trade]) -> None:
    accounts, naive = fold(postings_of(bookings_of(made))), keep_accounts(made)
    assert naive.positions == {
        (one.holding.base.symbol, one.holding.quote.symbol): comparable(one)
        for one in accounts.positions.values()
    }
    balances = {one.token.symbol: one.amount for one in accounts.balances.values()}
    assert balances.pop("ETH", 0) == -naive.gas_wei
    assert balances == naive.balances
    assert accounts.consecutive_losses == naive.losses_in_a_row


@given(trades())
def test_no_unit_is_lost(made: list[Trade]) -> None:
    bookings = bookings_of(made)
    accounts = fold(postings_of(bookings))
    for holding, *_ in accounts.positions.values():
        fills = [
            one.fill
            for one in bookings
            if one.fill and (one.fill.base, one.fill.quote) == (holding.base, holding.quote)
        ]
        assert holding.cost - holding.realised == sum(fill.cost for fill in fills)
        if not holding.quantity:
            assert holding.cost == 0
    booked: dict[Asset, int] = {}
    for booking in bookings:
        for entry in booking.entries:
            if entry.kind is EntryKind.FILL:
                booked[entry.token] = booked.get(entry.token, 0) + entry.amount
    for token, amount in booked.items():
        assert accounts.balance(token_key(token)) == amount


@given(trades())
def test_accounts_survive_being_written_down_anywhere(made: list[Trade]) -> None:
    accounts, kept = Accounts("fund"), Accounts("fund")
    for posting in postings_of(bookings_of(made)):
        accounts = post(accounts, posting)
        kept = from_json("fund", to_json(post(kept, posting)))
    assert to_json(kept) == to_json(accounts)


def test_what_came_before_is_refused() -> None:
    first, second = postings_of(bookings_of([Trade(1), Trade(2, minutes=1)]))
    with pytest.raises(OutOfOrder):
        post(post(Accounts("fund"), second), first)


def moved(minutes: int, amount: int, price_usd: Decimal | None = Decimal(1)) -> Movement:
    time = FIRST_DAY + timedelta(minutes=minutes)
    place = Place(time, "ethereum", event_id=f"{minutes}")
    return Movement(place.key, time, minutes, USDC, amount, price_usd)


def charged(minutes: int, fee_wei: int) -> Charge:
    time = FIRST_DAY + timedelta(minutes=minutes)
    place = Place(time, "ethereum", event_id=f"gas {minutes}")
    return Charge(place.key, time, minutes, "ethereum", fee_wei)


DEAR: dict[str, Any] = {"base_usd": Decimal(3_000), "quote_usd": Decimal(1)}
CHEAP: dict[str, Any] = {"base_usd": Decimal(2_000), "quote_usd": Decimal(1)}


def traded(*made: Trade) -> list[Posting]:
    return postings_of(bookings_of(list(made)))


def test_equity_peak_and_day_follow_the_chain_and_leave_capital_out() -> None:
    bought = Trade(1, minutes=10, **DEAR)
    sold = Trade(2, is_purchase=False, cost=2_000 * 10**6, minutes=180, **CHEAP)
    accounts = fold([moved(0, 10_000 * 10**6), *traded(bought, sold), moved(200, -(10**9))])
    assert recorded_equity(accounts) == 8_000
    assert accounts.peak_equity_usd == 9_000
    assert accounts.day is not None
    assert accounts.day.midnight == FIRST_DAY.replace(hour=0) + timedelta(days=1)
    assert accounts.day.opening_equity_usd == 10_000
    assert accounts.day.moved_usd == -1_000
    assert accounts.day.realised_usd == accounts.realised_usd == -1_000
    assert accounts.consecutive_losses == 1


def test_what_has_no_rate_is_not_worth_nothing() -> None:
    accounts = fold([moved(0, 10**9), *traded(Trade(1, minutes=10))])
    assert recorded_equity(accounts) is None
    assert accounts.peak_equity_usd == 1_000
    sold = Trade(2, is_purchase=False, cost=4_000 * 10**6, minutes=20)
    after = fold([moved(0, 10**9), *traded(Trade(1, minutes=10), sold)])
    position = next(iter(after.positions.values()))
    assert position.realised_usd == 0
    assert position.unpriced == 1_000 * 10**6


def test_a_peak_begins_anew_when_capital_of_unknown_value_came() -> None:
    unknown = moved(5, 10**9, None)._replace(token=WETH)
    accounts = fold([moved(0, 10**9), unknown])
    assert accounts.peak_equity_usd is None
    accounts = post(accounts, traded(Trade(1, minutes=10, **DEAR))[0])
    assert accounts.peak_equity_usd == recorded_equity(accounts)


def test_gas_is_paid_in_the_native_token_at_the_rate_of_what_wraps_it() -> None:
    accounts = fold([charged(0, 10**16), *traded(Trade(1, minutes=5, **DEAR)), charged(6, 10**15)])
    assert accounts.unpriced_gas_wei == 10**16
    assert accounts.gas_usd == 3
    assert accounts.balance(token_key(native_token("ethereum"))) == -(10**16 + 10**15)
    told = fold(traded(Trade(1, fee_wei=10**16, **DEAR)))
    assert told.unpriced_gas_wei == 0
    assert told.gas_usd == 30


def test_the_fee_of_the_pool_is_told_and_not_subtracted_again() -> None:
    fill = bookings_of([Trade(1)])[0].fill
    assert fill is not None
    assert fill.pool_fee == 3_000 * 10**6 * 3_000 // 1_000_000
    assert fill.cost == 3_000 * 10**6
