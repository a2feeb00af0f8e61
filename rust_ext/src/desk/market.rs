//! The pools of a pair around a price, and the choice of one.

use ruint::aliases::{U256, U384, U512};

use crate::ladder::State;
use crate::pool::Swap;
use crate::swap_math::{Direction, FEE_DENOMINATOR_PIPS};
use crate::tick_math::{
    MAX_SQRT_RATIO, MAX_TICK, MIN_SQRT_RATIO, SqrtPrice, sqrt_ratio_at_tick, tick_at_sqrt_ratio,
};
use crate::walk::{Course, Ground};

const Q96_BITS: usize = 96;
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
        let mut bare = None;
        for (place, tier) in self.tiers.iter().enumerate() {
            if let Some((_, best)) = &best {
                let is_sold_token0 = question.direction == Direction::ZeroForOne;
                let bare = bare.get_or_insert_with(|| {
                    worth(question.amount, market, is_sold_token0) + U512::ONE
                });
                let most = amount_of_wide(
                    *bare * rest_of(tier) / U512::from(FEE_DENOMINATOR_PIPS) + U512::ONE,
                )?;
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
        let mut bare = None;
        for (place, tier) in self.tiers.iter().enumerate() {
            if let Some((_, best)) = &best {
                let is_sold_token0 = question.direction == Direction::ZeroForOne;
                let bare =
                    bare.get_or_insert_with(|| worth(question.amount, market, !is_sold_token0));
                let least =
                    amount_of_wide(*bare * U512::from(FEE_DENOMINATOR_PIPS) / rest_of(tier))?;
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
        if !is_exact_out && let Some(fill) = near(&ground, &start, question) {
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
        let root = U512::from(market.root);
        let depth = U512::from(tier.depth) * U512::from(self.reach.1);
        let reach = U512::from(self.reach.0);
        let found = if self.is_base_token0 {
            (depth << Q96_BITS) / (root * reach)
        } else {
            depth * root / (reach << Q96_BITS)
        };
        u128::try_from(found).map_or(MAX_LIQUIDITY, |found| found.min(MAX_LIQUIDITY))
    }
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

/// Returns a swap of an exact input that ends before the first stop; none for any other.
///
/// Rounding never takes a price beyond a stop that its input does not pay for, so the price alone
/// says that the stop was not reached.
fn near(ground: &Ground<'_>, start: &State, question: &Question) -> Option<Fill> {
    let direction = question.direction;
    let amount = U256::from(question.amount);
    let (stop, _) = ground.stop(start.tick, true, direction);
    let stop = sqrt_ratio_at_tick(stop);
    if direction == Direction::OneForZero {
        // A price that doubles at most stays in the range of its type.
        let whole = U256::from(start.sqrt_price >> Q96_BITS) + U256::ONE;
        if amount >= U256::from(start.liquidity) * whole || start.sqrt_price.bit_len() > 158 {
            return None;
        }
    }
    let (after, moved) = ground.stretch(start, direction).spend(amount);
    let is_before = match direction {
        Direction::ZeroForOne => after > stop && after > MIN_SQRT_RATIO + SqrtPrice::ONE,
        Direction::OneForZero => after < stop && after < MAX_SQRT_RATIO - SqrtPrice::ONE,
    };
    if !is_before {
        return None;
    }
    Some(Fill {
        amount_in: question.amount,
        amount_out: amount_of(moved.output)?,
        after,
        gas_used: question.crossings.base,
        is_filled: true,
    })
}

fn rest_of(tier: &Tier) -> U512 {
    U512::from(FEE_DENOMINATOR_PIPS - tier.fee_pips)
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
    loop {
        let next = (root + value / root) >> 1;
        if next >= root {
            return Some(root.to());
        }
        root = next;
    }
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
