"""Given order books and turning points by hand, and rounding to what every machine agrees on."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.contracts.market.model import BookLevel, OrderBook
from tradewind.contracts.signals.features import PriceLevel
from tradewind.trading.indicators.order_book import best_prices, imbalance
from tradewind.trading.indicators.rounding import known, rounded
from tradewind.trading.indicators.turning_points import nearest, price_levels, turning_points

MID = Decimal(100)


def level(price: str, size: str) -> BookLevel:
    return BookLevel(price=Decimal(price), size=Decimal(size))


def book(bids: list[BookLevel], asks: list[BookLevel], **best: BookLevel) -> OrderBook:
    return OrderBook(coin="ETH", time_ms=0, bids=tuple(bids), asks=tuple(asks), **best)


BOOK = book(
    [level("99.9", "3"), level("99.0", "5"), level("97", "100")],
    [level("100.1", "1"), level("101.0", "1"), level("103", "7")],
)


def test_the_best_prices_give_mid_spread_and_microprice() -> None:
    best = best_prices(BOOK)
    assert best is not None
    assert best.is_sane
    assert (best.mid, best.spread_bps) == (MID, Decimal(20))
    # Three bid and one asks: the next trade is likelier at the ask.
    assert best.microprice == Decimal("100.05")
    whole = book([level("99", "1")], [level("101", "1")], best_bid=level("99.5", "2"))
    best = best_prices(whole)
    assert best is not None
    assert best.bid.price == Decimal("99.5")
    assert best_prices(book([], [level("101", "1")])) is None


@pytest.mark.parametrize(
    ("bid", "ask"),
    [
        (("100", "1"), ("100", "1")),
        (("101", "1"), ("100", "1")),
        (("99", "0"), ("100", "1")),
        (("-1", "1"), ("100", "1")),
    ],
)
def test_a_crossed_or_empty_offer_is_not_sane(bid: tuple[str, str], ask: tuple[str, str]) -> None:
    best = best_prices(book([level(*bid)], [level(*ask)]))
    assert best is not None
    assert not best.is_sane


def test_imbalance_counts_what_is_within_and_says_what_it_covers() -> None:
    one = imbalance(BOOK, MID, 100)
    # Exactly 1 % away is within: (3 + 5 - 1 - 1) / 10.
    assert (one.value, one.covers) == (Decimal("0.6"), True)
    five = imbalance(BOOK, MID, 500)
    assert (five.value, five.covers) == (None, False)
    one_sided = book([level("90", "1")], [level("100.5", "1")])
    assert not imbalance(one_sided, MID, 100).covers
    nothing = book([level("99", "0")], [level("101", "0")])
    assert (imbalance(nothing, MID, 100).value, imbalance(nothing, MID, 100).covers) == (None, True)


SIZES = st.lists(st.decimals("0.001", "1000000", places=3), min_size=2, max_size=20)


@settings(max_examples=40, deadline=None)
@given(SIZES, SIZES, st.integers(1, 1_000))
def test_imbalance_is_bounded_and_does_not_depend_on_the_unit(
    bids: list[Decimal], asks: list[Decimal], factor: int
) -> None:
    def of(scale: int) -> OrderBook:
        return book(
            [BookLevel(price=MID - 1 - i, size=size * scale) for i, size in enumerate(bids)],
            [BookLevel(price=MID + 1 + i, size=size * scale) for i, size in enumerate(asks)],
        )

    found = imbalance(of(1), MID, 100)
    assert found.value is not None
    assert -1 <= found.value <= 1
    assert imbalance(of(factor), MID, 100) == found


def test_turning_points_stand_out_of_five_candles() -> None:
    highs = [Decimal(value) for value in (1, 2, 5, 3, 2, 4, 4, 3, 1, 1)]
    lows = [value - Decimal("0.5") for value in highs]
    # 5 stands out; of the two 4 the first counts; 1.5 is the low between; the end is not known yet.
    assert turning_points(highs, lows) == [Decimal("1.5"), Decimal(4), Decimal(5)]
    flat = [Decimal(1)] * 10
    assert turning_points(flat, flat) == []
    assert turning_points(highs[:4], lows[:4]) == []


def test_turning_points_close_to_each_other_are_one_level() -> None:
    prices = [Decimal(value) for value in ("10", "10.4", "10.5", "10.6", "12")]
    levels = price_levels(prices, Decimal("0.5"))
    # 10.6 is within 0.5 of 10.5 and not of 10, so no level grows wider than that.
    assert levels == (
        PriceLevel(price=Decimal("10.3"), touches=3),
        PriceLevel(price=Decimal("10.6"), touches=1),
        PriceLevel(price=Decimal(12), touches=1),
    )
    near = nearest(levels, Decimal("10.6"), 1)
    assert [one.price for one in near.support] == [Decimal("10.6")]
    assert [one.price for one in near.resistance] == [Decimal(12)]
    assert nearest(levels, Decimal(1), 0) == ((), ())
    assert [one.price for one in nearest(levels, Decimal(20), 5).support] == [
        Decimal(12),
        Decimal("10.6"),
        Decimal("10.3"),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (84211.5, "84211.5"),
        (Decimal("84211.549"), "84211.5"),
        (1_234_567.0, "1234570"),
        (0.000012345678, "0.0000123457"),
        (Decimal("2.500000"), "2.5"),
        (1e-40, "0"),
        (-0.0, "0"),
        (Decimal("1.234567e-34"), "0.000000000000000000000000000000000123"),
        (Decimal("0.1234565"), "0.123456"),
        (999_999.5, "1000000"),
    ],
)
def test_values_are_rounded_to_six_digits(value: Decimal | float, text: str) -> None:
    found = rounded(value)
    assert found is not None
    assert format(found, "f") == text
    assert known(found) == found


def test_what_is_not_finite_has_no_value() -> None:
    assert rounded(float("nan")) is rounded(float("inf")) is rounded(Decimal("NaN")) is None
