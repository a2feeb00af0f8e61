//! The way of a swap from stop to stop over the ticks of a pool.

use ruint::aliases::U256;

use crate::bitmap::{next_stop, words_between};
use crate::ladder::State;
use crate::pool::{InvalidSwap, Quote, Swap};
use crate::swap_math::{Direction, Stretch};
use crate::tick_math::{
    MAX_SQRT_RATIO, MIN_SQRT_RATIO, SqrtPrice, sqrt_ratio_at_tick, tick_at_sqrt_ratio,
};

/// What a swap moves over.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The pool's fee, below 100 %.
    pub fee_pips: u32,
    /// Ticks are multiples of it.
    pub tick_spacing: i32,
    /// Initialised ticks, ascending.
    pub ticks: &'a [i32],
    /// What enters at each of `ticks` when the price crosses it upwards.
    pub liquidity_nets: &'a [i128],
}

impl Ground<'_> {
    /// Returns the state at the stop after `state`.
    #[must_use]
    pub fn next(&self, state: &State, direction: Direction) -> State {
        let (tick, found) = self.stop(state.tick, state.liquidity != 0, direction);
        let sqrt_price = sqrt_ratio_at_tick(tick);
        let moved = self.stretch(state, direction).move_to(sqrt_price);
        let mut next = state.after(sqrt_price, &moved);
        let change = found.map_or(0, |found| self.liquidity_nets[found]);
        next.ticks_crossed += u32::from(found.is_some());
        next.words_crossed += words_between(self.tick_spacing, state.tick, tick, direction)
            + u32::from(found.is_none());
        (next.tick, next.liquidity) = match direction {
            Direction::ZeroForOne => (tick - 1, state.liquidity.wrapping_add_signed(-change)),
            Direction::OneForZero => (tick, state.liquidity.wrapping_add_signed(change)),
        };
        next
    }

    /// Returns the tick of the stop after `tick`, and where it stands when it is initialised.
    #[must_use]
    pub fn stop(
        &self,
        tick: i32,
        has_liquidity: bool,
        direction: Direction,
    ) -> (i32, Option<usize>) {
        next_stop(
            self.ticks,
            self.tick_spacing,
            tick,
            has_liquidity,
            direction,
        )
    }

    /// Returns where a swap ends that begins at `start`, which it leaves.
    #[must_use]
    pub fn walk(&self, course: &Course<'_>, start: &State) -> Quote {
        let mut from = *start;
        loop {
            let stop = self.next(&from, course.swap.direction);
            if !course.goes_on_at(&stop) {
                return self.finish(course, &from, &stop);
            }
            from = stop;
        }
    }

    /// Ends the swap somewhere after `from` and not beyond `stop`.
    #[must_use]
    pub fn finish(&self, course: &Course<'_>, from: &State, stop: &State) -> Quote {
        let stretch = self.stretch(from, course.swap.direction);
        let target = if course.is_beyond_limit(stop) {
            let moved = stretch.move_to(course.limit);
            let mut state = from.after(course.limit, &moved);
            state.tick = tick_at_sqrt_ratio(course.limit);
            state
        } else {
            *stop
        };
        if course.used_by(&target) <= course.swap.amount {
            let is_filled = course.used_by(&target) == course.swap.amount;
            return Quote {
                state: target,
                is_filled,
            };
        }
        let remaining = course.swap.amount - course.used_by(from);
        let (sqrt_price, moved) = if course.swap.exact_out {
            stretch.take(remaining)
        } else {
            stretch.spend(remaining)
        };
        let mut state = from.after(sqrt_price, &moved);
        if sqrt_price == stop.sqrt_price {
            state.tick = stop.tick;
            state.liquidity = stop.liquidity;
            state.ticks_crossed = stop.ticks_crossed;
            state.words_crossed = stop.words_crossed;
        } else if sqrt_price != from.sqrt_price {
            state.tick = tick_at_sqrt_ratio(sqrt_price);
        }
        Quote {
            state,
            is_filled: true,
        }
    }

    /// Returns what a swap moves on from a state to the next stop.
    #[must_use]
    pub fn stretch(&self, state: &State, direction: Direction) -> Stretch {
        Stretch {
            sqrt_price: state.sqrt_price,
            liquidity: state.liquidity,
            fee_pips: self.fee_pips,
            direction,
        }
    }
}

/// A swap that can be asked, under way.
pub struct Course<'a> {
    swap: &'a Swap,
    limit: SqrtPrice,
}

impl<'a> Course<'a> {
    /// Returns the course of a swap from a price; none when its limit is there already.
    ///
    /// # Errors
    /// `InvalidSwap` for no amount or a limit on the wrong side.
    pub fn of(swap: &'a Swap, sqrt_price: SqrtPrice) -> Result<Option<Self>, InvalidSwap> {
        if swap.amount.is_zero() || swap.amount.bit(255) {
            return Err(InvalidSwap::Amount);
        }
        let price = U256::from(sqrt_price);
        let (lowest, highest) = (U256::from(MIN_SQRT_RATIO), U256::from(MAX_SQRT_RATIO));
        let asked = swap.limit.filter(|limit| !limit.is_zero());
        let (limit, is_ahead) = match swap.direction {
            Direction::ZeroForOne => {
                let limit = asked.unwrap_or(lowest + U256::ONE);
                (limit, lowest < limit && limit < price)
            }
            Direction::OneForZero => {
                let limit = asked.unwrap_or(highest - U256::ONE);
                (limit, price < limit && limit < highest)
            }
        };
        match (is_ahead, asked) {
            (true, _) => Ok(Some(Self {
                swap,
                limit: limit.to(),
            })),
            (false, None) => Ok(None),
            (false, Some(_)) => Err(InvalidSwap::Limit),
        }
    }

    /// Returns whether the swap goes on at a stop.
    #[must_use]
    pub fn goes_on_at(&self, state: &State) -> bool {
        self.used_by(state) < self.swap.amount
            && match self.swap.direction {
                Direction::ZeroForOne => state.sqrt_price > self.limit,
                Direction::OneForZero => state.sqrt_price < self.limit,
            }
    }

    fn used_by(&self, state: &State) -> U256 {
        if self.swap.exact_out {
            state.amount_out
        } else {
            state.amount_in
        }
    }

    fn is_beyond_limit(&self, state: &State) -> bool {
        match self.swap.direction {
            Direction::ZeroForOne => state.sqrt_price < self.limit,
            Direction::OneForZero => state.sqrt_price > self.limit,
        }
    }
}
