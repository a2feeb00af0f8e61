//! The way of an order: size, limits, plan, fill, book.

use ruint::aliases::U256;

use super::book::{Book, MAX_MONEY};
use super::market::{GasPrice, MAX_AMOUNT, Market, Pair, amount_of};
use super::near::{Crossings, Fill, Question};
use super::rows::{Columns, Head, Row};

const PIPS: u32 = 1_000_000;
const MS_A_DAY: i64 = 86_400_000;

/// An order as a signal wants it.
pub struct Order {
    /// Place among the instruments.
    pub instrument: usize,
    /// Whether it sells base.
    pub is_sale: bool,
    /// Whether it sells all, and is nothing where nothing is held.
    pub is_all: bool,
    /// Whether `value` is a fraction of cash or position, and not base units of base.
    pub is_fraction: bool,
    /// How much.
    pub value: u128,
}

/// When an order arrives, and what it meets.
pub struct Arrival {
    /// Place among the orders, which repeat.
    pub order: usize,
    /// When it is decided, Unix milliseconds.
    pub decided_ms: i64,
    /// When it arrives.
    pub arrived_ms: i64,
    /// The price at the decision, as the candles have it.
    pub price: u64,
    /// The price at its arrival.
    pub arrival_price: u64,
    /// The native coin's price in quote.
    pub native: u64,
}

/// The limits in base units of quote; none where nothing is limited.
pub struct Limits {
    /// Of a purchase.
    pub smallest: Option<u128>,
    /// Of an order.
    pub largest: Option<u128>,
    /// Of what is held after a purchase.
    pub position: Option<u128>,
    /// Of all purchases of a day.
    pub daily: Option<u128>,
}

/// What holds for all orders.
pub struct Terms {
    /// What fractions are parts of.
    pub fraction_unit: u128,
    /// What slippage is a part of, and what it leaves of that.
    pub slippage: (u128, u128),
    /// What shares of an entry are parts of.
    pub share_unit: i128,
    /// Units of gas that a purchase leaves cash for.
    pub reserved_gas: u64,
    /// Base units of quote that a unit of gas costs at a native price of 1: a fraction.
    pub gas: (u128, u128),
    /// What swaps use of gas.
    pub crossings: Crossings,
    /// How many lots an instrument may have.
    pub max_lots: usize,
    /// The most trades of a run.
    pub max_records: u64,
    /// Held against every order.
    pub limits: Limits,
    /// What a line says of a purchase, of a sale, and of a trade that was filled.
    pub words: [String; 3],
    /// What a line calls each instrument.
    pub symbols: Vec<String>,
}

/// Trades orders in turn.
pub struct Desk {
    /// What holds for all of them.
    pub terms: Terms,
    /// The pools of each instrument.
    pub pairs: Vec<Pair>,
    /// The orders that arrivals are of.
    pub orders: Vec<Order>,
    /// What they change.
    pub book: Book,
    /// Trades of the run so far.
    pub records: u64,
    /// What is written of them.
    pub columns: Columns,
}

/// Nothing else is done here.
enum Done {
    Nothing,
    Traded,
}

/// An order under way.
struct Case<'a> {
    pair: &'a Pair,
    order: &'a Order,
    market: Market,
    gas: GasPrice,
}

impl Desk {
    /// Trades an order that arrives; false leaves everything as it was, for Python to decide.
    pub fn trade(&mut self, place: usize, arrival: &Arrival) -> bool {
        self.ordinary(place, arrival).is_some()
    }

    fn ordinary(&mut self, place: usize, arrival: &Arrival) -> Option<Done> {
        let order = self.orders.get(arrival.order)?;
        let (pair, holding) = (
            self.pairs.get(order.instrument)?,
            self.book.holdings.get(order.instrument)?,
        );
        if order.is_sale && order.is_all && holding.position == 0 {
            return Some(Done::Nothing);
        }
        if self.records >= self.terms.max_records {
            return None;
        }
        let case = Case {
            pair,
            order,
            market: pair.at(arrival.price)?,
            gas: GasPrice {
                numerator: U256::from(arrival.native) * U256::from(self.terms.gas.0),
                denominator: self.terms.gas.1,
            },
        };
        let amount = self.size(&case)?;
        let notional = pair.worth(amount, &case.market)?;
        let day = arrival.decided_ms.div_euclid(MS_A_DAY);
        if !self.is_within(&case, amount, notional, day)? {
            return None;
        }
        let (pool, chosen, min_out) = self.plan(&case, amount)?;
        let arrived = if arrival.arrival_price == arrival.price {
            case.market
        } else {
            pair.at(arrival.arrival_price)?
        };
        let amount_out = if order.is_sale && arrival.arrival_price == arrival.price {
            chosen.amount_out
        } else {
            let question = self.question(&case, chosen.amount_in);
            let fill = pair.quote(&arrived, &pair.tiers[pool], &question, false)?;
            fill.is_filled.then_some(fill.amount_out)?
        };
        if amount_out < min_out {
            return None;
        }
        let row = self.row(&case, &arrived, (pool, &chosen), amount_out)?;
        let row = Row {
            amount,
            min_out,
            notional,
            ..row
        };
        self.book(place, arrival, day, &row);
        Some(Done::Traded)
    }

    /// Returns how much base an order is of.
    fn size(&self, case: &Case<'_>) -> Option<u128> {
        let (order, unit) = (case.order, self.terms.fraction_unit);
        let part = |whole: u128| {
            let product = U256::from(whole) * U256::from(order.value);
            amount_of(product / U256::from(unit))
        };
        if order.is_sale {
            let held = self.book.holdings[order.instrument].position;
            let amount = if order.is_fraction {
                part(held)?
            } else {
                order.value
            };
            return (0 < amount && amount <= held).then_some(amount);
        }
        if !order.is_fraction {
            return (order.value < MAX_AMOUNT).then_some(order.value);
        }
        let all = u128::try_from(self.book.cash).ok()?;
        let spend = part(all)?.min(all.checked_sub(case.gas.cost(self.terms.reserved_gas)?)?);
        let question = self.question(case, spend);
        let (_, found) = case.pair.most_out(&case.market, &question, None)?;
        (found.amount_out > 0).then_some(found.amount_out)
    }

    /// Returns whether an order is within the limits.
    fn is_within(&self, case: &Case<'_>, amount: u128, notional: u128, day: i64) -> Option<bool> {
        let limits = &self.terms.limits;
        let is_above = |value: u128, limit: Option<u128>| limit.is_some_and(|limit| value > limit);
        if is_above(notional, limits.largest) {
            return Some(false);
        }
        if case.order.is_sale {
            return Some(true);
        }
        if limits.smallest.is_some_and(|limit| notional < limit) {
            return Some(false);
        }
        if limits.position.is_some() {
            let held = self.book.holdings[case.order.instrument].position;
            let after = case.pair.worth(held + amount, &case.market)?;
            if is_above(after, limits.position) {
                return Some(false);
            }
        }
        let spent = if day == self.book.day.0 {
            self.book.day.1
        } else {
            0
        };
        Some(!is_above(spent + notional, limits.daily))
    }

    /// Returns the place of the pool, the swap and what it has to yield.
    fn plan(&self, case: &Case<'_>, amount: u128) -> Option<(usize, Fill, u128)> {
        let question = self.question(case, amount);
        let (pool, chosen) = if case.order.is_sale {
            case.pair.most_out(&case.market, &question, Some(case.gas))
        } else {
            case.pair.least_in(&case.market, &question, case.gas)
        }?;
        if case
            .pair
            .is_beaten(&case.market, pool, &chosen, question.direction)
        {
            return None;
        }
        let expected = if case.order.is_sale {
            chosen.amount_out
        } else {
            amount
        };
        let (unit, kept) = self.terms.slippage;
        let least = (U256::from(expected) * U256::from(kept)).div_ceil(U256::from(unit));
        let min_out = amount_of(least)?;
        let is_payable =
            case.order.is_sale || i128::try_from(chosen.amount_in).ok()? <= self.book.cash;
        (min_out > 0 && chosen.amount_in > 0 && is_payable).then_some((pool, chosen, min_out))
    }

    /// Returns what is written of a fill; none where its money needs larger numbers.
    fn row(
        &self,
        case: &Case<'_>,
        arrived: &Market,
        (pool, chosen): (usize, &Fill),
        amount_out: u128,
    ) -> Option<Row> {
        let (pair, holding) = (case.pair, &self.book.holdings[case.order.instrument]);
        let gas = case.gas.cost(chosen.gas_used)?;
        let amount_in = chosen.amount_in;
        let fee_pips = U256::from(pair.tiers[pool].fee_pips);
        let kept: u128 = (U256::from(amount_in) * fee_pips / U256::from(PIPS)).to();
        let is_sale = case.order.is_sale;
        let (spent, got) = (money(amount_in, !is_sale)?, money(amount_out, is_sale)?);
        let (fee, impact, closed) = if is_sale {
            let fee = pair.worth(kept, arrived)?;
            let mid = pair.worth(amount_in, arrived)?.cast_signed();
            let cost = money(holding.cost_of(amount_in), true)?;
            let profit = got - money(gas, true)? - cost;
            let impact = mid - fee.cast_signed() - got;
            (fee, impact, Some((profit, cost.cast_unsigned())))
        } else {
            let mid = pair.worth(amount_out, arrived)?.cast_signed();
            (kept, spent - kept.cast_signed() - mid, None)
        };
        let before = self.book.cash;
        let moved = if is_sale { got } else { -spent };
        let held = holding.position;
        Some(Row {
            amount: 0,
            amount_in,
            amount_out,
            min_out: 0,
            notional: 0,
            fee,
            gas,
            impact,
            gas_used: chosen.gas_used,
            closed,
            cash_after: before - money(gas, true)? + moved,
            position_before: held,
            position_after: if is_sale {
                held - amount_in
            } else {
                money(held + amount_out, false)?.cast_unsigned()
            },
            pool,
        })
    }

    fn book(&mut self, place: usize, arrival: &Arrival, day: i64, row: &Row) {
        let terms = &self.terms;
        let order = &self.orders[arrival.order];
        let holding = &mut self.book.holdings[order.instrument];
        let sums = &mut self.book.sums;
        self.book.cash = row.cash_after;
        let volume = if let Some((profit, cost)) = row.closed {
            holding.sell(row.amount_in);
            holding.profit += profit;
            sums.close(profit, cost, terms.share_unit);
            row.amount_out
        } else {
            let is_same_day = day == self.book.day.0;
            let spent = if is_same_day { self.book.day.1 } else { 0 };
            self.book.day = (day, spent + row.notional);
            holding.buy(row.amount_out, row.amount_in + row.gas, terms.max_lots);
            row.amount_in
        };
        holding.trades += 1;
        holding.volume += volume;
        sums.filled += 1;
        sums.fees += row.fee;
        sums.gas += row.gas;
        sums.impact += row.impact;
        sums.volume += volume;
        self.records += 1;
        let head = Head {
            number: self.records,
            symbols: &terms.symbols[order.instrument],
            side: &terms.words[usize::from(order.is_sale)],
            outcome: &terms.words[2],
            decided_ms: arrival.decided_ms,
            arrived_ms: arrival.arrived_ms,
        };
        self.columns.push(place, &head, row);
    }

    fn question(&self, case: &Case<'_>, amount: u128) -> Question {
        Question {
            direction: case.pair.direction(case.order.is_sale),
            amount,
            crossings: self.terms.crossings,
        }
    }
}

/// Returns an amount; none where money is too much to be added up here.
fn money(value: u128, is_money: bool) -> Option<i128> {
    let limit = if is_money { MAX_MONEY } else { MAX_AMOUNT };
    (value < limit).then_some(value.cast_signed())
}
