//! The states a pool passes through as its price moves one way, each computed once.

use std::sync::{PoisonError, RwLock};

use ruint::aliases::U256;

use crate::swap_math::Moved;
use crate::tick_math::SqrtPrice;

/// Where a swap has got to, and what moved since the pool's own state. Amounts are base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// The price reached.
    pub sqrt_price: SqrtPrice,
    /// The tick of that price, as the contract keeps it.
    pub tick: i32,
    /// In range from here on.
    pub liquidity: u128,
    /// Input consumed, fee included.
    pub amount_in: U256,
    /// Output paid.
    pub amount_out: U256,
    /// The fee's part of the input.
    pub fee_amount: U256,
    /// Initialised ticks crossed.
    pub ticks_crossed: u32,
    /// Words of the tick bitmap left behind.
    pub words_crossed: u32,
}

impl State {
    /// Returns the state of a pool before a swap.
    #[must_use]
    pub fn start(sqrt_price: SqrtPrice, tick: i32, liquidity: u128) -> Self {
        Self {
            sqrt_price,
            tick,
            liquidity,
            amount_in: U256::ZERO,
            amount_out: U256::ZERO,
            fee_amount: U256::ZERO,
            ticks_crossed: 0,
            words_crossed: 0,
        }
    }

    /// Returns this state further on, with the tick not looked at yet.
    #[must_use]
    pub fn after(&self, sqrt_price: SqrtPrice, moved: &Moved) -> Self {
        Self {
            sqrt_price,
            amount_in: self.amount_in + moved.input + moved.fee,
            amount_out: self.amount_out + moved.output,
            fee_amount: self.fee_amount + moved.fee,
            ..*self
        }
    }
}

/// The states at every stop, from the pool's own outwards, as far as swaps have asked so far.
pub struct Ladder(RwLock<Vec<State>>);

impl Ladder {
    /// Starts at the pool's own state.
    #[must_use]
    pub fn new(start: State) -> Self {
        Self(RwLock::new(vec![start]))
    }

    /// Returns what `answer` makes of the states, extended by `next` until the last one satisfies.
    pub fn climb<Answer>(
        &self,
        is_far_enough: impl Fn(&State) -> bool,
        next: impl Fn(&State) -> State,
        answer: impl FnOnce(&[State]) -> Answer,
    ) -> Answer {
        // A push is the only change, so a poisoned ladder is still whole.
        let states = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if states.last().is_some_and(&is_far_enough) {
            return answer(&states);
        }
        drop(states);
        let mut states = self.0.write().unwrap_or_else(PoisonError::into_inner);
        while let Some(last) = states.last().filter(|last| !is_far_enough(last)) {
            let state = next(last);
            states.push(state);
        }
        answer(&states)
    }
}
