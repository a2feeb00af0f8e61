"""What the extension is told of a run and of its portfolio, by the names that it reads."""

from collections.abc import Sequence
from typing import NamedTuple

from tradewind.contracts.backtests.model import MAX_TRADES
from tradewind.contracts.backtests.results import Outcome
from tradewind.simulation.loop.moments import WEI_DECIMALS
from tradewind.simulation.markets.modelled import ConstantPools
from tradewind.simulation.markets.prices import REACH, REACH_UNIT, units_of
from tradewind.simulation.records import Pair
from tradewind.simulation.trading.book import Book
from tradewind.simulation.trading.desk import FRACTION_UNIT, RESERVED_GAS, Order, Terms
from tradewind.simulation.trading.plan import SLIPPAGE_UNIT, kept_of_fees
from tradewind.simulation.trading.totals import SHARE_UNIT, Totals
from tradewind.trading.pricing.swap.router import (
    BASE_SWAP_GAS,
    TICK_CROSSING_GAS,
    WORD_CROSSING_GAS,
)

type OrderOfBatch = tuple[int, bool, bool, bool, int]
"""Instrument, whether it sells, whether it sells all, whether it is a fraction, how much."""


class TermsOfBatch(NamedTuple):
    """What holds for all orders of a run."""

    fraction_unit: int
    slippage_unit: int
    slippage_kept: int
    share_unit: int
    reserved_gas: int
    gas_unit: int
    """Base units of quote per unit of gas at a native price of 1, times `gas_denominator`."""
    gas_denominator: int
    crossings: tuple[int, int, int]
    """Gas of a swap, of a tick and of a word of ticks that it crosses."""
    max_lots: int
    max_records: int
    limits: tuple[int | None, int | None, int | None, int | None]
    words: tuple[str, str, str]
    """Of a purchase, of a sale, of a trade that was filled."""


class PairOfBatch(NamedTuple):
    """The pools of an instrument at every price."""

    symbols: str
    is_base_token0: bool
    units: tuple[int, int]
    reach: tuple[int, int]
    tiers: Sequence[tuple[int, int, int, int]]
    """Fee, spacing, depth, and the square root of what the fee leaves."""


class BookOfBatch(NamedTuple):
    """What orders change."""

    cash: int
    holdings: Sequence[tuple[int, Sequence[tuple[int, int]]]]
    day: int
    spent: int
    losing: int
    longest_losing: int
    records: int


def terms_of_batch(
    terms: Terms, book: Book, gas_price_wei: int, native_decimals: int
) -> TermsOfBatch:
    """Return the terms of a slice; `native_decimals` are those of the native coin's prices."""
    return TermsOfBatch(
        FRACTION_UNIT,
        SLIPPAGE_UNIT,
        SLIPPAGE_UNIT - terms.slippage,
        SHARE_UNIT,
        RESERVED_GAS,
        gas_price_wei * 10 ** terms.pairs[0].quote.decimals,
        10 ** (native_decimals + WEI_DECIMALS),
        (BASE_SWAP_GAS, TICK_CROSSING_GAS, WORD_CROSSING_GAS),
        book.max_lots,
        MAX_TRADES,
        terms.limits.bounds,
        ("acquire", "dispose", str(Outcome.FILLED)),
    )


def pair_of_batch(pair: Pair, model: ConstantPools, price_decimals: int) -> PairOfBatch:
    """Return the pools of a model."""
    kept = kept_of_fees(model.fees)
    tiers = [
        (tier.fee_pips, tier.spacing, tier.depth, its)
        for tier, its in zip(model.tiers, kept, strict=True)
    ]
    units = units_of(price_decimals, pair)
    return PairOfBatch(pair.symbols, pair.is_base_token0, units, (REACH, REACH_UNIT), tiers)


def order_of_batch(order: Order, is_all: bool) -> OrderOfBatch:
    """Return an order; `is_all` where it is nothing while nothing is held."""
    is_sale = order.side == "dispose"
    return order.instrument, is_sale, is_all, order.size.is_fraction, order.size.value


def book_of_batch(book: Book, totals: Totals, day: tuple[int, int]) -> BookOfBatch:
    """Return the portfolio as it is."""
    holdings = [(one.position, list(one.lots)) for one in book.holdings]
    losing = totals.losing, totals.longest_losing
    return BookOfBatch(book.cash, holdings, *day, *losing, totals.records)
