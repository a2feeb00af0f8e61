//! The pools of a pair around a price, and the choice of one.

use ruint::aliases::{U256, U384, U512};

use super::near::{Fill, Known, Question, near};
use crate::ladder::State;
use crate::pool::Swap;
use crate::swap_math::{Direction, FEE_DENOMINATOR_PIPS};
use crate::tick_math::{MAX_SQRT_RATIO, MAX_TICK, MIN_SQRT_RATIO, SqrtPrice, tick_at_sqrt_ratio};
use crate::walk::{Course, Ground};

pub const Q96_BITS: usize = 96;
const Q192_BITS: usize = 192;
const MAX_LIQUIDITY: u128 = i128::MAX.unsigned_abs();
/// Amounts are below it, so that they can be multiplied by what gas is counted in.
pub const MAX_AMOUNT: u128 = 1 << 126;

/// A pool of the same depth at every price.
pub struct Tier {
    /// Below 100 %.
    pub fee_pips: u32,
    /// Ticks are multiples of it.
    pub tick_spacing: i32,
    /// Base units of quote that buy the base up by 1 %.
    pub depth: u128,
    /// The square root of the part of an input that the fee leaves, a 64-bit fraction.
    pub kept: u128,
    /// What was computed last.
    pub known: Known,
}

/// The pools of a pair at every price.
pub struct Pair {
    /// Whether the pools call the base token0.
    pub is_base_token0: bool,
    /// The base units of quote and of base that a price of 1 swaps.
    pub units: (u128, u128),
    /// How far the square root of a price goes when the price rises by 1 %: a fraction.
    pub reach: (u128, u128),
    /// In the order of the run.
    pub tiers: Vec<Tier>,
}

/// A price.
#[derive(Clone, Copy)]
pub struct Market {
    /// Its square root, Q64.96.
    pub root: SqrtPrice,
    square: U512,
    tick: i32,
}

/// What a unit of gas costs, as a fraction of a base unit.
#[derive(Clone, Copy)]
pub struct GasPrice {
    pub numerator: U256,
    pub denominator: u128,
}

impl GasPrice {
    /// Returns the cost of so many units, rounded up.
    pub fn cost(&self, units: u64) -> Option<u128> {
        if self.numerator.is_zero() {
            return Some(0);
        }
        let whole = U256::from(units) * self.numerator;
        amount_of(whole.div_ceil(U256::from(self.denominator)))
    }
}

impl Pair {
    /// Returns the market at a price; none where no pool can have it.
    #[must_use]
    pub fn at(&self, price: u64) -> Option<Market> {
        let quote = U384::from(self.units.0) * U384::from(price);
        let base = U384::from(self.units.1);
        let (numerator, denominator) = if self.is_base_token0 {
            (quote, base)
        } else {
            (base, quote)
        };
        if denominator.is_zero() {
            return None;
        }
        let root = square_root((numerator << Q192_BITS) / denominator)?;
        if root <= MIN_SQRT_RATIO || root >= MAX_SQRT_RATIO - SqrtPrice::ONE {
            return None;
        }
        Some(Market {
            root,
            square: U512::from(root) * U512::from(root),
            tick: tick_at_sqrt_ratio(root),
        })
    }

    /// Returns what an amount of base is worth at a price, in base units of quote.
    #[must_use]
    pub fn worth(&self, amount: u128, market: &Market) -> Option<u128> {
        amount_of_wide(worth(amount, market, self.is_base_token0))
    }

    /// Returns which way the tokens go.
    #[must_use]
    pub fn direction(&self, is_sale: bool) -> Direction {
        if is_sale == self.is_base_token0 {
            Direction::ZeroForOne
        } else {
            Direction::OneForZero
        }
    }

    /// Returns the pool that pays most for an amount, net of gas in units of the output.
    #[must_use]
    pub fn most_out(
        &self,
        market: &Market,
        question: &Question,
        gas: Option<GasPrice>,
    ) -> Option<(usize, Fill)> {
        let mut best: Option<(usize, Fill)> = None;
        let mut known_worth: Option<u128> = None;
        for (place, tier) in self.tiers.iter().enumerate() {
            if let Some((_, best)) = &best {
                let is_sold_token0 = question.direction == Direction::ZeroForOne;
                let bare = match known_worth {
                    Some(bare) => bare,
                    None => amount_of_wide(worth(question.amount, market, is_sold_token0))?,
                };
                known_worth = Some(bare);
                let most = scaled(bare + 1, rest_of(tier), FEE_DENOMINATOR_PIPS)? + 1;
                let bound = (most, question.crossings.base);
                if !is_less(gas, (best.amount_out, best.gas_used), bound) {
                    continue;
                }
            }
            let fill = self.quote(market, tier, question, false)?;
            let is_better = best.as_ref().is_none_or(|(_, best)| {
                let known = (best.amount_out, best.gas_used);
                is_less(gas, known, (fill.amount_out, fill.gas_used))
            });
            if fill.is_filled && is_better {
                best = Some((place, fill));
            }
        }
        best
    }

    /// Returns the pool that asks least for an amount, net of gas in units of the input.
    #[must_use]
    pub fn least_in(
        &self,
        market: &Market,
        question: &Question,
        gas: GasPrice,
    ) -> Option<(usize, Fill)> {
        let mut best: Option<(usize, Fill)> = None;
        let mut known_worth: Option<u128> = None;
        for (place, tier) in self.tiers.iter().enumerate() {
            if let Some((_, best)) = &best {
                let is_sold_token0 = question.direction == Direction::ZeroForOne;
                let bare = match known_worth {
                    Some(bare) => bare,
                    None => amount_of_wide(worth(question.amount, market, !is_sold_token0))?,
                };
                known_worth = Some(bare);
                let least = scaled(bare, FEE_DENOMINATOR_PIPS, rest_of(tier))?;
                let bound = gas.dear((least, question.crossings.base));
                if bound >= gas.dear((best.amount_in, best.gas_used)) {
                    continue;
                }
            }
            let fill = self.quote(market, tier, question, true)?;
            let is_better = best.as_ref().is_none_or(|(_, best)| {
                gas.dear((fill.amount_in, fill.gas_used))
                    < gas.dear((best.amount_in, best.gas_used))
            });
            if fill.is_filled && is_better {
                best = Some((place, fill));
            }
        }
        best
    }

    /// Returns whether another pool's price, fee included, is better than a chosen one's after it.
    #[must_use]
    pub fn is_beaten(
        &self,
        market: &Market,
        place: usize,
        fill: &Fill,
        direction: Direction,
    ) -> bool {
        let (root, after) = (U256::from(market.root), U256::from(fill.after));
        let kept = U256::from(self.tiers[place].kept);
        self.tiers.iter().enumerate().any(|(index, tier)| {
            let other = U256::from(tier.kept);
            index != place
                && match direction {
                    Direction::ZeroForOne => root * other > after * kept,
                    Direction::OneForZero => root * kept < after * other,
                }
        })
    }

    /// Returns what a pool would do; none where it cannot be asked, or needs larger numbers.
    #[must_use]
    pub fn quote(
        &self,
        market: &Market,
        tier: &Tier,
        question: &Question,
        is_exact_out: bool,
    ) -> Option<Fill> {
        let last = MAX_TICK / tier.tick_spacing * tier.tick_spacing;
        let liquidity = self.liquidity(market, tier);
        let is_in_range = (-last..last).contains(&market.tick);
        if question.amount == 0 || question.amount >= MAX_AMOUNT || liquidity == 0 || !is_in_range {
            return None;
        }
        let net = i128::try_from(liquidity).ok()?;
        let ground = Ground {
            fee_pips: tier.fee_pips,
            tick_spacing: tier.tick_spacing,
            ticks: &[-last, last],
            liquidity_nets: &[net, -net],
        };
        let start = State::start(market.root, market.tick, liquidity);
        if let Some(fill) = near(&ground, &tier.known, &start, question, is_exact_out) {
            return Some(fill);
        }
        let swap = Swap {
            direction: question.direction,
            amount: U256::from(question.amount),
            exact_out: is_exact_out,
            limit: None,
        };
        let course = Course::of(&swap, market.root).ok()??;
        let quote = ground.walk(&course, &start);
        let state = quote.state;
        let ticks = u64::from(state.ticks_crossed) * question.crossings.tick;
        let words = u64::from(state.words_crossed) * question.crossings.word;
        Some(Fill {
            amount_in: amount_of(state.amount_in)?,
            amount_out: amount_of(state.amount_out)?,
            after: state.sqrt_price,
            gas_used: question.crossings.base + ticks + words,
            is_filled: quote.is_filled,
        })
    }

    fn liquidity(&self, market: &Market, tier: &Tier) -> u128 {
        if let Some(liquidity) = tier.known.liquidity_at(market.root) {
            return liquidity;
        }
        let root = U512::from(market.root);
        let depth = U512::from(tier.depth) * U512::from(self.reach.1);
        let reach = U512::from(self.reach.0);
        let found = if self.is_base_token0 {
            quotient(depth << Q96_BITS, root * reach)
        } else {
            quotient(depth * root, reach << Q96_BITS)
        };
        let liquidity = u128::try_from(found).map_or(MAX_LIQUIDITY, |one| one.min(MAX_LIQUIDITY));
        tier.known.keep(market.root, liquidity);
        liquidity
    }
}

/// Divides what mostly fits 256 bits.
fn quotient(numerator: U512, denominator: U512) -> U512 {
    if numerator.bit_len() > U256::BITS || denominator.bit_len() > U256::BITS {
        return numerator / denominator;
    }
    U512::from(numerator.to::<U256>() / denominator.to::<U256>())
}

impl GasPrice {
    /// Returns an amount and its gas, in parts of a base unit.
    fn dear(&self, (amount, gas_used): (u128, u64)) -> U256 {
        U256::from(amount) * U256::from(self.denominator) + U256::from(gas_used) * self.numerator
    }
}

/// Returns whether what comes out, net of gas, is less than another.
fn is_less(gas: Option<GasPrice>, one: (u128, u64), other: (u128, u64)) -> bool {
    match gas {
        None => one.0 < other.0,
        Some(gas) => gas.dear((one.0, other.1)) < gas.dear((other.0, one.1)),
    }
}

fn rest_of(tier: &Tier) -> u32 {
    FEE_DENOMINATOR_PIPS - tier.fee_pips
}

/// Returns `amount * times / parts`.
fn scaled(amount: u128, times: u32, parts: u32) -> Option<u128> {
    let (times, parts) = (u128::from(times), u128::from(parts));
    match amount.checked_mul(times) {
        Some(product) => Some(product / parts),
        None => amount_of(U256::from(amount) * U256::from(times) / U256::from(parts)),
    }
}

/// Returns what an amount of a token is worth in the other, rounded down.
fn worth(amount: u128, market: &Market, is_token0: bool) -> U512 {
    if is_token0 {
        (U512::from(amount) * market.square) >> Q192_BITS
    } else {
        (U512::from(amount) << Q192_BITS) / market.square
    }
}

/// Returns the square root, rounded down; none beyond the range of prices.
fn square_root(value: U384) -> Option<SqrtPrice> {
    let bits = value.bit_len();
    if bits == 0 || bits > 2 * SqrtPrice::BITS {
        return None;
    }
    let shift = bits.saturating_sub(u128::BITS as usize).next_multiple_of(2);
    let top: u128 = (value >> shift).to();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate from above"
    )]
    let estimate = ((top as f64).sqrt() * (1.0 + 1e-15)) as u128 + 2;
    let mut root = U384::from(estimate) << (shift / 2);
    // It comes from above, so the first that is not too large is the one.
    while root.checked_mul(root).is_none_or(|square| square > value) {
        root = (root + value / root) >> 1;
    }
    Some(root.to())
}

/// Returns an amount; none when it is larger than those that are traded here.
pub fn amount_of(value: U256) -> Option<u128> {
    u128::try_from(value).ok().filter(|&one| one < MAX_AMOUNT)
}

fn amount_of_wide(value: U512) -> Option<u128> {
    u128::try_from(value).ok().filter(|&one| one < MAX_AMOUNT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_root_is_rounded_down() {
        for bits in 1..320 {
            let root = (SqrtPrice::ONE << (bits / 2)) + SqrtPrice::from(bits / 3);
            let square = U384::from(root) * U384::from(root);
            assert_eq!(square_root(square), Some(root));
            assert_eq!(square_root(square + U384::ONE), Some(root));
            if square > U384::ONE {
                assert_eq!(square_root(square - U384::ONE), Some(root - SqrtPrice::ONE));
            }
        }
        assert_eq!(square_root(U384::ZERO), None);
        assert_eq!(square_root(U384::ONE << 320), None);
    }
}
