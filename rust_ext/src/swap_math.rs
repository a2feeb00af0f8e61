//! What moves when the price goes from one place to another within constant liquidity (6.2.3).

use ruint::aliases::{U256, U384};

use crate::sqrt_price_math::{
    Rounding, after_token0_in, after_token0_out, after_token1_in, after_token1_out,
    amount0_between, amount1_between,
};
use crate::tick_math::SqrtPrice;

/// 100 % in hundredths of a basis point.
pub const FEE_DENOMINATOR_PIPS: u32 = 1_000_000;

/// Which token is sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Sells token0 for token1: the price goes down.
    ZeroForOne,
    /// Sells token1 for token0: the price goes up.
    OneForZero,
}

/// What moved. `input` is without the fee. Base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Rounded up.
    pub input: U256,
    /// Rounded down.
    pub output: U256,
    /// The pool's fee, in units of the input.
    pub fee: U256,
}

/// The stretch of a pool a swap moves on.
#[derive(Clone, Copy)]
pub struct Stretch {
    /// Where the price stands.
    pub sqrt_price: SqrtPrice,
    /// In range over the whole stretch.
    pub liquidity: u128,
    /// The pool's fee; below `FEE_DENOMINATOR_PIPS`.
    pub fee_pips: u32,
    /// Where the price goes.
    pub direction: Direction,
}

impl Stretch {
    /// Returns what moves when the price goes all the way to `target`.
    #[must_use]
    pub fn move_to(&self, target: SqrtPrice) -> Moved {
        let input = self.input_to(target);
        Moved {
            input,
            output: self.output_to(target),
            fee: fee_on(input, self.fee_pips),
        }
    }

    /// Spends all of `amount`, fee included: less than it takes to go as far as the next stop.
    ///
    /// Input that cannot move the price any further is kept as fee.
    #[must_use]
    pub fn spend(&self, amount: U256) -> (SqrtPrice, Moved) {
        let spendable = without_fee(amount, self.fee_pips);
        let after = match self.direction {
            Direction::ZeroForOne => after_token0_in(self.sqrt_price, self.liquidity, spendable),
            Direction::OneForZero => after_token1_in(self.sqrt_price, self.liquidity, spendable),
        };
        let input = self.input_to(after);
        (
            after,
            Moved {
                input,
                output: self.output_to(after),
                fee: amount - input,
            },
        )
    }

    /// Takes exactly `amount` out: less than there is before the next stop.
    #[must_use]
    pub fn take(&self, amount: U256) -> (SqrtPrice, Moved) {
        let after = match self.direction {
            Direction::ZeroForOne => after_token1_out(self.sqrt_price, self.liquidity, amount),
            Direction::OneForZero => after_token0_out(self.sqrt_price, self.liquidity, amount),
        };
        let input = self.input_to(after);
        // The price is rounded to where the pool has at least `amount` to give.
        (
            after,
            Moved {
                input,
                output: amount,
                fee: fee_on(input, self.fee_pips),
            },
        )
    }

    fn input_to(&self, target: SqrtPrice) -> U256 {
        match self.direction {
            Direction::ZeroForOne => {
                amount0_between(target, self.sqrt_price, self.liquidity, Rounding::Up)
            }
            Direction::OneForZero => {
                amount1_between(self.sqrt_price, target, self.liquidity, Rounding::Up)
            }
        }
    }

    fn output_to(&self, target: SqrtPrice) -> U256 {
        match self.direction {
            Direction::ZeroForOne => {
                amount1_between(target, self.sqrt_price, self.liquidity, Rounding::Down)
            }
            Direction::OneForZero => {
                amount0_between(self.sqrt_price, target, self.liquidity, Rounding::Down)
            }
        }
    }
}

/// Returns the fee on top of an input, rounded up.
fn fee_on(input: U256, fee_pips: u32) -> U256 {
    let rest = FEE_DENOMINATOR_PIPS - fee_pips;
    match narrow(input) {
        Some(input) => U256::from((input * u128::from(fee_pips)).div_ceil(u128::from(rest))),
        None => (input * U256::from(fee_pips)).div_ceil(U256::from(rest)),
    }
}

/// Returns what is left of an amount when its fee is taken, rounded down.
fn without_fee(amount: U256, fee_pips: u32) -> U256 {
    let rest = FEE_DENOMINATOR_PIPS - fee_pips;
    match narrow(amount) {
        Some(amount) => U256::from(amount * u128::from(rest) / u128::from(FEE_DENOMINATOR_PIPS)),
        None => (U384::from(amount) * U384::from(rest) / U384::from(FEE_DENOMINATOR_PIPS)).to(),
    }
}

/// Returns an amount the processor itself can multiply with pips and divide; most are.
fn narrow(amount: U256) -> Option<u128> {
    const PIPS_BITS: u32 = FEE_DENOMINATOR_PIPS.ilog2() + 1;
    let [low, high, 0, 0] = amount.into_limbs() else {
        return None;
    };
    (high.leading_zeros() >= PIPS_BITS).then_some(u128::from(high) << u64::BITS | u128::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fee_and_what_is_left_make_the_whole() {
        for bits in [1, 64, 107, 108, 109, 128, 200] {
            let amount = U256::ONE << bits;
            let left = without_fee(amount, 3_000);
            let fee = fee_on(left, 3_000);
            assert!(
                left + fee <= amount && amount - left - fee <= U256::ONE,
                "{bits} bits"
            );
        }
    }

    #[test]
    fn narrow_and_wide_amounts_meet() {
        let widest_narrow = (U256::ONE << 108) - U256::ONE;
        assert!(narrow(widest_narrow).is_some());
        assert!(narrow(widest_narrow + U256::ONE).is_none());
        let wide = without_fee(widest_narrow + U256::ONE, 500);
        assert!(without_fee(widest_narrow, 500) <= wide);
        assert!(wide - without_fee(widest_narrow, 500) <= U256::ONE);
    }

    #[test]
    fn no_fee_is_no_fee() {
        assert_eq!(fee_on(U256::from(7), 0), U256::ZERO);
        assert_eq!(without_fee(U256::from(7), 0), U256::from(7));
    }
}
