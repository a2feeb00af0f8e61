//! Amounts and prices along one stretch of constant liquidity (whitepaper section 6.2.1).
//!
//! Every rounding favours the pool, as in the contract: what goes in is rounded up, what comes out
//! down. Amounts are base units.

use ruint::Uint;
use ruint::aliases::{U256, U384};

use crate::tick_math::SqrtPrice;

const Q96_BITS: usize = 96;

/// Which way a division rounds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// Towards zero.
    Down,
    /// Away from zero.
    Up,
}

/// Returns the token0 that moves the price between `a` and `b`.
///
/// The contract divides by the one price and then by the other; dividing once by their product
/// rounds to the same integer.
#[must_use]
pub fn amount0_between(a: SqrtPrice, b: SqrtPrice, liquidity: u128, rounding: Rounding) -> U256 {
    let numerator = times_distance(liquidity, a, b) << Q96_BITS;
    let denominator: Uint<320, 5> = a.widening_mul(b);
    divide(numerator, U384::from(denominator), rounding)
}

/// Returns the token1 that moves the price between `a` and `b`.
#[must_use]
pub fn amount1_between(a: SqrtPrice, b: SqrtPrice, liquidity: u128, rounding: Rounding) -> U256 {
    let product = times_distance(liquidity, a, b);
    let [low, middle, ..] = product.into_limbs();
    let has_rest = low != 0 || middle << 32 != 0;
    let amount: U256 = (product >> Q96_BITS).to();
    amount + U256::from(has_rest && rounding == Rounding::Up)
}

/// Returns the price after `amount` of token0 (fee already taken) went in.
#[must_use]
pub fn after_token0_in(sqrt_price: SqrtPrice, liquidity: u128, amount: U256) -> SqrtPrice {
    let liquidity_x96 = U256::from(liquidity) << Q96_BITS;
    let product = amount.checked_mul(U256::from(sqrt_price));
    let Some(denominator) = product.and_then(|product| product.checked_add(liquidity_x96)) else {
        // The contract falls back to this less exact form where 256 bits would overflow.
        let denominator = liquidity_x96 / U256::from(sqrt_price) + amount;
        return liquidity_x96.div_ceil(denominator).to();
    };
    divide_product(liquidity_x96, sqrt_price, denominator)
}

/// Returns the price after `amount` of token1 (fee already taken) went in.
///
/// # Panics
/// When the price leaves 160 bits; a swap asks only for amounts short of its next stop.
#[must_use]
pub fn after_token1_in(sqrt_price: SqrtPrice, liquidity: u128, amount: U256) -> SqrtPrice {
    let quotient = divide(
        U384::from(amount) << Q96_BITS,
        U384::from(liquidity),
        Rounding::Down,
    );
    sqrt_price.strict_add(quotient.to())
}

/// Returns the price after `amount` of token0 came out.
///
/// # Panics
/// When the pool does not hold as much; a swap asks only for amounts short of its next stop.
#[must_use]
pub fn after_token0_out(sqrt_price: SqrtPrice, liquidity: u128, amount: U256) -> SqrtPrice {
    let liquidity_x96 = U256::from(liquidity) << Q96_BITS;
    let product = amount.strict_mul(U256::from(sqrt_price));
    divide_product(liquidity_x96, sqrt_price, liquidity_x96.strict_sub(product))
}

/// Returns the price after `amount` of token1 came out.
///
/// # Panics
/// When the pool does not hold as much; a swap asks only for amounts short of its next stop.
#[must_use]
pub fn after_token1_out(sqrt_price: SqrtPrice, liquidity: u128, amount: U256) -> SqrtPrice {
    let quotient = divide(
        U384::from(amount) << Q96_BITS,
        U384::from(liquidity),
        Rounding::Up,
    );
    sqrt_price.strict_sub(quotient.to())
}

fn times_distance(liquidity: u128, a: SqrtPrice, b: SqrtPrice) -> U384 {
    let distance = if a < b { b - a } else { a - b };
    let product: Uint<288, 5> = Uint::<128, 2>::from(liquidity).widening_mul(distance);
    U384::from(product)
}

fn divide_product(liquidity_x96: U256, sqrt_price: SqrtPrice, denominator: U256) -> SqrtPrice {
    let product: Uint<416, 7> = liquidity_x96.widening_mul(sqrt_price);
    divide(product.to(), U384::from(denominator), Rounding::Up).to()
}

fn divide(numerator: U384, denominator: U384, rounding: Rounding) -> U256 {
    let (quotient, rest) = numerator.div_rem(denominator);
    quotient.to::<U256>() + U256::from(!rest.is_zero() && rounding == Rounding::Up)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tick_math::MAX_SQRT_RATIO;
    use ruint::aliases::U160;

    const LIQUIDITY: u128 = 1_000_000_000_000_000_000;

    /// encodePriceSqrt(1, 1) and (121, 100), as in the contract's own tests.
    fn one() -> SqrtPrice {
        U160::ONE << 96
    }

    fn one_point_one() -> SqrtPrice {
        (U160::from(11) << 96) / U160::from(10)
    }

    #[test]
    fn amount0_rounds_towards_the_pool() {
        let up = amount0_between(one(), one_point_one(), LIQUIDITY, Rounding::Up);
        let down = amount0_between(one_point_one(), one(), LIQUIDITY, Rounding::Down);
        assert_eq!(up, U256::from(90_909_090_909_090_910_u64));
        assert_eq!(down, up - U256::ONE);
    }

    #[test]
    fn amount1_rounds_towards_the_pool() {
        let up = amount1_between(one(), one_point_one(), LIQUIDITY, Rounding::Up);
        let down = amount1_between(one_point_one(), one(), LIQUIDITY, Rounding::Down);
        assert_eq!(up, U256::from(100_000_000_000_000_000_u64));
        assert_eq!(down, up - U256::ONE);
    }

    #[test]
    fn no_liquidity_or_no_distance_is_no_amount() {
        assert!(amount0_between(one(), one_point_one(), 0, Rounding::Up).is_zero());
        assert!(amount1_between(one(), one(), LIQUIDITY, Rounding::Up).is_zero());
    }

    #[test]
    fn the_price_after_a_tenth_came_in() {
        let amount = U256::from(100_000_000_000_000_000_u64);
        assert_eq!(
            after_token1_in(one(), LIQUIDITY, amount).to_string(),
            "87150978765690771352898345369"
        );
        assert_eq!(
            after_token0_in(one(), LIQUIDITY, amount).to_string(),
            "72025602285694852357767227579"
        );
    }

    #[test]
    fn the_price_after_a_tenth_came_out() {
        let amount = U256::from(100_000_000_000_000_000_u64);
        assert_eq!(
            after_token0_out(one(), LIQUIDITY, amount).to_string(),
            "88031291682515930659493278152"
        );
        assert_eq!(
            after_token1_out(one(), LIQUIDITY, amount).to_string(),
            "71305346262837903834189555302"
        );
    }

    #[test]
    fn nothing_in_or_out_leaves_the_price() {
        assert_eq!(
            after_token0_in(one_point_one(), LIQUIDITY, U256::ZERO),
            one_point_one()
        );
        assert_eq!(
            after_token0_out(one_point_one(), LIQUIDITY, U256::ZERO),
            one_point_one()
        );
        assert_eq!(
            after_token1_out(one_point_one(), LIQUIDITY, U256::ZERO),
            one_point_one()
        );
    }

    #[test]
    fn any_rest_rounds_up() {
        for bit in [0, 63, 64, 95] {
            let (low, high) = (one(), one() + (U160::ONE << bit));
            assert_eq!(
                amount1_between(low, high, 1, Rounding::Up),
                U256::ONE,
                "{bit}"
            );
            assert!(
                amount1_between(low, high, 1, Rounding::Down).is_zero(),
                "{bit}"
            );
        }
        let whole = (one(), one() + one());
        assert_eq!(
            amount1_between(whole.0, whole.1, 1, Rounding::Up),
            U256::ONE
        );
    }

    #[test]
    fn an_input_beyond_256_bits_takes_the_less_exact_form() {
        let after = after_token0_in(MAX_SQRT_RATIO - U160::ONE, 1 << 127, U256::ONE << 97);
        assert_eq!(after.to_string(), "85070591725282669578885376894859152853");
    }
}
