"""Trades the orders of a run one after the other on the run's own portfolio."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from tradewind.contracts.backtests.model import MAX_TRADES
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.contracts.backtests.results import Outcome
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.inputs import Side
from tradewind.simulation.markets.pools import (
    AMOUNT_OUT,
    FILLED,
    SQRT_PRICE_AFTER,
    PoolSet,
)
from tradewind.simulation.markets.prices import quote_worth
from tradewind.simulation.records import Pair, TradeRecord, new
from tradewind.simulation.strategies.columns import scaled
from tradewind.simulation.trading.behaviour import PPM, Behaviour
from tradewind.simulation.trading.book import Book
from tradewind.simulation.trading.limit_prices import LIMIT_PRICE, least_out, slippage_to
from tradewind.simulation.trading.limits import MS_A_DAY, Asked, Limits
from tradewind.simulation.trading.plan import (
    SLIPPAGE_UNIT,
    Chosen,
    Gas,
    best_exact_in,
    best_exact_out,
    minimum_out,
    most_out,
)
from tradewind.simulation.trading.splits import SplitPlan, plan_split
from tradewind.simulation.trading.totals import Totals

FRACTION_UNIT: Final = 10**12
RESERVED_GAS: Final = 200_000
"""Units of gas that a purchase leaves cash for."""
PIPS: Final = 1_000_000
NO_POOL: Final = -1
"""The place of an order that was refused."""


class Size(NamedTuple):
    """How much an order trades."""

    is_fraction: bool
    value: int
    """In FRACTION_UNIT of cash or position, or base units of base."""


ALL: Final = Size(True, FRACTION_UNIT)


@dataclass(slots=True)
class Moment:
    """Where and when an order is decided and arrives."""

    decided_ms: int
    arrived_ms: int
    decision: PoolSet
    arrival: PoolSet
    gas: Gas
    gas_price_wei: int
    native: tuple[int, int]
    """The native coin's price in quote, and the decimals of that."""
    slippage: Decimal | None = None
    """What the intent allows; None where the run's own holds."""
    drawdown: Decimal | None = None
    """The share below the peak, where a limit asks for it."""


class Order(NamedTuple):
    """What a signal wants of an instrument."""

    instrument: int
    side: Side
    size: Size
    limit_price: Decimal | None = None
    """Units of quote per whole base, of a signal that has one."""


type _Sized = tuple[int, str | None]
"""Base units of base, and why an order of so many cannot be."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all orders of a run."""

    pairs: Sequence[Pair]
    slippage: int
    """In 10**-36."""
    behaviour: Behaviour
    limits: Limits
    keeps_records: bool
    """Whether records are kept; the totals count either way."""


class Desk:
    """Decides, fills and books. It is the only one that changes book and totals for trades."""

    def __init__(self, terms: Terms, book: Book, totals: Totals) -> None:
        self._terms = terms
        self.book = book
        self.totals = totals
        self.last_fill: tuple[int, int] | None = None
        """Place and square root price of the pool that the last trade moved."""

    def trade(self, order: Order, moment: Moment) -> TradeRecord | None:
        """Return the record of an order; None for one that would sell all of nothing."""
        self.last_fill = None
        held = self.book.holdings[order.instrument].position
        is_sale = order.side == "dispose"
        if is_sale and held == 0 and order.size is ALL:
            return None
        totals = self.totals
        totals.records += 1
        if totals.records > MAX_TRADES:
            raise SimulationFailed(BacktestFailure.TOO_MANY_TRADES, f"more than {MAX_TRADES}")
        pair, pools = self._terms.pairs[order.instrument], moment.decision
        zero_for_one = is_sale == pair.is_base_token0
        amount, reason = self._size(order, moment, zero_for_one)
        mid = pools.mid_sqrt_price_x96
        limits, after = self._terms.limits, 0
        if limits.reads_position and not is_sale:
            after = quote_worth(held + amount, mid, pair)
        worth = quote_worth(amount, mid, pair)
        asked = new(Asked, (is_sale, worth, after, moment.decided_ms // MS_A_DAY))
        reason = reason or limits.refusal(asked, moment.drawdown)
        if reason is not None:
            return self._refused(order, moment, amount, asked.notional, str(reason))
        return self._plan(order, moment, amount, asked, zero_for_one)

    def remember(self) -> None:
        """Keep in the totals what the limits count by day."""
        self.totals.day, self.totals.spent = self._terms.limits.day

    def _size(self, order: Order, moment: Moment, zero_for_one: bool) -> _Sized:
        """Return how much base an order is of, as its sender would say it at the decision."""
        size = order.size
        if order.side == "dispose":
            held = self.book.holdings[order.instrument].position
            amount = held * size.value // FRACTION_UNIT if size.is_fraction else size.value
            if amount == 0 or amount > held:
                return amount, RiskRejectionReason.INSUFFICIENT_POSITION
            return amount, None
        if not size.is_fraction:
            return size.value, None
        cash = self.book.cash
        spend = min(cash * size.value // FRACTION_UNIT, cash - moment.gas.cost(RESERVED_GAS))
        if spend <= 0:
            return 0, RiskRejectionReason.INSUFFICIENT_FUNDS
        # How much an order is of does not depend on gas, nor on splits.
        found = most_out(moment.decision, zero_for_one=zero_for_one, amount=spend)
        if found == 0:
            return 0, PlanRejectionReason.INSUFFICIENT_LIQUIDITY
        return found, None

    def _plan(
        self, order: Order, moment: Moment, amount: int, asked: Asked, zero_for_one: bool
    ) -> TradeRecord:
        pools, is_sale = moment.decision, order.side == "dispose"
        best = best_exact_in if is_sale else best_exact_out
        chosen = best(pools, zero_for_one=zero_for_one, amount=amount, gas=moment.gas)
        split: SplitPlan | None = None
        if chosen is None or chosen.is_beaten:
            pair = self._terms.pairs[order.instrument]
            split = plan_split(pools, pair, order.side, amount, moment.gas)
        if split is not None:
            chosen = Chosen(-2, split.amount_in, split.amount_out, split.gas_used, False)
        if chosen is None:
            reason: str = PlanRejectionReason.INSUFFICIENT_LIQUIDITY
            return self._refused(order, moment, amount, asked.notional, reason)
        expected = chosen.amount_out if is_sale else amount
        if order.limit_price is not None and not self._tighten(order, moment, chosen, expected):
            return self._refused(order, moment, amount, asked.notional, LIMIT_PRICE)
        slippage = self._terms.slippage
        if moment.slippage is not None:
            slippage = scaled(moment.slippage, SLIPPAGE_UNIT)
        least = minimum_out(expected, slippage)
        if least == 0 or chosen.amount_in == 0:
            reason = PlanRejectionReason.AMOUNT_TOO_SMALL
            return self._refused(order, moment, amount, asked.notional, reason)
        if not is_sale and chosen.amount_in > self.book.cash:
            reason = RiskRejectionReason.INSUFFICIENT_FUNDS
            return self._refused(order, moment, amount, asked.notional, reason)
        self._terms.limits.accepted(asked)
        planned = new(_Planned, (chosen, split, amount, asked.notional, least, zero_for_one))
        return self._execute(order, moment, planned)

    def _tighten(self, order: Order, moment: Moment, chosen: Chosen, expected: int) -> bool:
        """Allow an order no more slippage than its limit price; return whether it can be kept."""
        assert order.limit_price is not None
        pair = self._terms.pairs[order.instrument]
        least = least_out(order.limit_price, pair, order.side, chosen.amount_in)
        if least > expected:
            return False
        allowed = slippage_to(least, expected)
        if scaled(allowed, SLIPPAGE_UNIT) < self._terms.slippage:
            moment.slippage = allowed
        return True

    def _execute(self, order: Order, moment: Moment, planned: "_Planned") -> TradeRecord:
        totals, chosen = self.totals, planned.chosen
        behaviour, fails, move_ppm = self._terms.behaviour, False, 0
        if not behaviour.is_certain:
            fails, move_ppm = behaviour.of(totals.records, moment.decided_ms)
        if fails:
            reason = ExecutionFailureReason.VENUE_UNAVAILABLE
            return self._refused(order, moment, planned.amount, planned.notional, reason)
        gas = moment.gas.cost(chosen.gas_used)
        self.book.cash -= gas
        totals.gas += gas
        amount_out, is_taken = self._sell(moment, planned, order.side == "dispose")
        if move_ppm:
            amount_out = amount_out * (PPM + move_ppm) // PPM
        if not is_taken or amount_out < planned.min_out:
            totals.reverted += 1
            totals.reverted_gas += gas
            self.last_fill = None
            short = ExecutionFailureReason.TOO_LITTLE_RECEIVED
            reason = short if is_taken else ExecutionFailureReason.REVERTED
            detail = f"{amount_out} of at least {planned.min_out} base units"
            return self._record(order, moment, planned, 0, gas, _NOTHING, (str(reason), detail))
        booked = self._book(order, moment, planned, amount_out, gas)
        return self._record(order, moment, planned, amount_out, gas, booked)

    def _sell(self, moment: Moment, planned: "_Planned", is_sale: bool) -> tuple[int, bool]:
        """Return what the pools give on arrival, and whether they took all of it."""
        if planned.split is not None:
            return planned.split.sell(moment.arrival, planned.zero_for_one)
        chosen = planned.chosen
        place = chosen.place
        if is_sale and moment.arrival is moment.decision:
            # It was planned as it is executed: what comes out of the same pools is known.
            self.last_fill = place, chosen.sqrt_price_after_x96
            return chosen.amount_out, True
        quote = moment.arrival.pool(place).quote(planned.zero_for_one, chosen.amount_in)
        self.last_fill = place, quote[SQRT_PRICE_AFTER]
        return quote[AMOUNT_OUT], quote[FILLED]

    def _book(
        self, order: Order, moment: Moment, planned: "_Planned", amount_out: int, gas: int
    ) -> "_Booked":
        book, totals = self.book, self.totals
        pair, holding = self._terms.pairs[order.instrument], book.holdings[order.instrument]
        amount_in, mid = planned.chosen.amount_in, moment.arrival.mid_sqrt_price_x96
        kept = planned.pool_fee(moment.decision)
        profit = cost = None
        if order.side == "acquire":
            book.cash -= amount_in
            holding.buy(amount_out, amount_in + gas, book.max_lots)
            fee, volume = kept, amount_in
            impact = amount_in - kept - quote_worth(amount_out, mid, pair)
        else:
            book.cash += amount_out
            cost = holding.sell(amount_in)
            profit = amount_out - gas - cost
            totals.close(profit, cost)
            fee, volume = quote_worth(kept, mid, pair), amount_out
            impact = quote_worth(amount_in, mid, pair) - fee - amount_out
        totals.filled += 1
        totals.fees += fee
        totals.impact += impact
        totals.volume += volume
        one = totals.instruments[order.instrument]
        one.trades += 1
        one.volume += volume
        one.profit += profit or 0
        return new(_Booked, (fee, impact, profit, cost))

    def _refused(
        self, order: Order, moment: Moment, amount: int, notional: int, reason: str
    ) -> TradeRecord:
        self.totals.refuse(str(reason))
        nothing = Chosen(NO_POOL, 0, 0, 0, False)
        planned = _Planned(nothing, None, amount, notional, 0, False)
        return self._record(order, moment, planned, 0, 0, _NOTHING, (str(reason), None))

    def _before(self, order: Order, moved: tuple[int, int], gas: int) -> tuple[int, int]:
        """Return cash and position as they were before amounts moved in and out."""
        paid, got = moved
        cash, held = self.book.cash + gas, self.book.holdings[order.instrument].position
        return (cash - got, held + paid) if order.side == "dispose" else (cash + paid, held - got)

    def _record(
        self,
        order: Order,
        moment: Moment,
        planned: "_Planned",
        amount_out: int,
        gas: int,
        booked: "_Booked",
        why: tuple[str, str | None] | None = None,
    ) -> TradeRecord:
        chosen, is_filled = planned.chosen, why is None
        paid, position = chosen.amount_in, self.book.holdings[order.instrument].position
        moved = (paid, amount_out) if is_filled else (0, 0)
        cash, held = self._before(order, moved, gas)
        values = (
            self.totals.records,
            self._terms.pairs[order.instrument],
            order.side,
            Outcome.FILLED if is_filled else _failure(chosen.place),
            moment.decided_ms,
            moment.arrived_ms,
            planned.amount,
            paid,
            amount_out,
            planned.min_out,
            planned.notional,
            booked.fee,
            gas,
            booked.impact,
            chosen.gas_used,
            moment.gas_price_wei,
            booked.profit,
            booked.cost,
            cash,
            held,
            position,
            chosen.place,
            moment.decision,
            moment.arrival,
            *moment.native,
            *(why or (None, None)),
            moment.slippage,
        )
        return new(TradeRecord, values)


def _failure(place: int) -> Outcome:
    return Outcome.REFUSED if place == NO_POOL else Outcome.REVERTED


class _Planned(NamedTuple):
    chosen: Chosen
    split: SplitPlan | None
    amount: int
    notional: int
    min_out: int
    zero_for_one: bool

    def pool_fee(self, pools: PoolSet) -> int:
        """Return what the pools keep of what is paid, as `contracts.execution.pool_fees` says."""
        if self.split is not None:
            return self.split.pool_fee
        return self.chosen.amount_in * pools.fees[self.chosen.place] // PIPS


class _Booked(NamedTuple):
    fee: int
    impact: int
    profit: int | None
    cost: int | None


_NOTHING: Final = _Booked(0, 0, None, None)
