//! Swaps that end before the first stop of their pool, as nearly all do.

use std::cell::Cell;

use ruint::aliases::U256;

use super::market::{Q96_BITS, amount_of};
use crate::ladder::State;
use crate::swap_math::Direction;
use crate::tick_math::{MAX_SQRT_RATIO, MIN_SQRT_RATIO, SqrtPrice, sqrt_ratio_at_tick};
use crate::walk::Ground;

/// What a swap uses of gas.
#[derive(Clone, Copy)]
pub struct Crossings {
    /// A swap that crosses nothing.
    pub base: u64,
    /// An initialised tick.
    pub tick: u64,
    /// A word of the bitmap.
    pub word: u64,
}

/// A swap through one pool.
#[derive(Clone, Copy)]
pub struct Fill {
    pub amount_in: u128,
    pub amount_out: u128,
    pub after: SqrtPrice,
    pub gas_used: u64,
    pub is_filled: bool,
}

/// What is asked of a pair at a price.
#[derive(Clone, Copy)]
pub struct Question {
    pub direction: Direction,
    pub amount: u128,
    pub crossings: Crossings,
}

/// What orders in turn mostly ask for again: the liquidity at a price, and the price of the stop
/// ahead either way.
#[derive(Default)]
pub struct Known {
    liquidity: Cell<Option<(SqrtPrice, u128)>>,
    stops: [Cell<Option<(i32, SqrtPrice)>>; 2],
}

impl Known {
    /// Returns the liquidity at a price, where it was the last.
    pub fn liquidity_at(&self, root: SqrtPrice) -> Option<u128> {
        let known = self.liquidity.get().filter(|known| known.0 == root);
        known.map(|known| known.1)
    }

    /// Keeps the liquidity at a price.
    pub fn keep(&self, root: SqrtPrice, liquidity: u128) {
        self.liquidity.set(Some((root, liquidity)));
    }

    fn price_of_stop(&self, tick: i32, direction: Direction) -> SqrtPrice {
        let known = &self.stops[usize::from(direction == Direction::ZeroForOne)];
        match known.get() {
            Some((last, price)) if last == tick => price,
            _ => {
                let price = sqrt_ratio_at_tick(tick);
                known.set(Some((tick, price)));
                price
            }
        }
    }
}

/// Returns a swap that ends before the first stop; none for any other.
pub fn near(
    ground: &Ground<'_>,
    known: &Known,
    start: &State,
    question: &Question,
    is_exact_out: bool,
) -> Option<Fill> {
    let direction = question.direction;
    let (stop, _) = ground.stop(start.tick, true, direction);
    let stop = known.price_of_stop(stop, direction);
    let stretch = ground.stretch(start, direction);
    let amount = U256::from(question.amount);
    let (after, moved) = if is_exact_out {
        if !is_held(start, question) {
            return None;
        }
        stretch.take(amount)
    } else {
        if !is_spendable(start, question) {
            return None;
        }
        stretch.spend(amount)
    };
    let is_before = match direction {
        Direction::ZeroForOne => after > stop && after > MIN_SQRT_RATIO + SqrtPrice::ONE,
        Direction::OneForZero => after < stop && after < MAX_SQRT_RATIO - SqrtPrice::ONE,
    };
    if !is_before || is_exact_out && !is_clear_of(stop, after, start.liquidity, direction) {
        return None;
    }
    Some(Fill {
        amount_in: amount_of(moved.input + moved.fee)?,
        amount_out: amount_of(moved.output)?,
        after,
        gas_used: question.crossings.base,
        is_filled: true,
    })
}

/// Returns whether a price that so much input leads to is in the range of its type.
///
/// Rounding never takes a price beyond a stop that its input does not pay for, so the price alone
/// says whether the stop was reached.
fn is_spendable(start: &State, question: &Question) -> bool {
    let whole = U256::from(start.sqrt_price >> Q96_BITS) + U256::ONE;
    question.direction == Direction::ZeroForOne
        || start.sqrt_price.bit_len() <= 158
            && U256::from(question.amount) < U256::from(start.liquidity) * whole
}

/// Returns whether the liquidity has surely as much to give before the price ends.
fn is_held(start: &State, question: &Question) -> bool {
    let (amount, price) = (bits(question.amount), start.sqrt_price.bit_len());
    let liquidity = bits(start.liquidity);
    match question.direction {
        Direction::ZeroForOne => amount + Q96_BITS + 3 <= liquidity + price,
        Direction::OneForZero => amount + price + 2 <= liquidity + Q96_BITS,
    }
}

/// Returns whether at least two more units come out on the way to a stop: then rounding cannot have
/// made the price stand still before it.
fn is_clear_of(stop: SqrtPrice, after: SqrtPrice, liquidity: u128, direction: Direction) -> bool {
    let distance = if after > stop {
        after - stop
    } else {
        stop - after
    };
    let left = bits(liquidity) + distance.bit_len();
    match direction {
        Direction::ZeroForOne => left >= Q96_BITS + 3,
        Direction::OneForZero => left + Q96_BITS >= after.bit_len() + stop.bit_len() + 3,
    }
}

fn bits(value: u128) -> usize {
    (u128::BITS - value.leading_zeros()) as usize
}
