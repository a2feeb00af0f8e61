//! A pool state that can be quoted many times.

use std::fmt;
use std::sync::Arc;

use ruint::aliases::U256;

use crate::bitmap::{next_stop, words_between};
use crate::ladder::{Ladder, State};
use crate::swap_math::{Direction, FEE_DENOMINATOR_PIPS, Stretch};
use crate::tick_math::{
    MAX_SQRT_RATIO, MAX_TICK, MIN_SQRT_RATIO, MIN_TICK, SqrtPrice, sqrt_ratio_at_tick,
    tick_at_sqrt_ratio,
};

/// The widest spacing a factory can enable.
const MAX_TICK_SPACING: i32 = 16_383;

/// A snapshot as it comes, not checked yet.
pub struct Snapshot {
    /// The pool's fee in hundredths of a basis point.
    pub fee_pips: u32,
    /// Ticks are multiples of it.
    pub tick_spacing: i32,
    /// sqrt(token1 per token0) as Q64.96.
    pub sqrt_price: U256,
    /// The contract's own idea of the current tick.
    pub tick: i32,
    /// In range at the current price.
    pub liquidity: U256,
    /// Initialised ticks, ascending.
    pub ticks: Vec<i32>,
    /// What enters at each of `ticks` when the price crosses it upwards.
    pub liquidity_nets: Vec<i128>,
}

/// What is asked of a pool.
#[derive(Clone, Copy)]
pub struct Swap {
    /// Which token is sold.
    pub direction: Direction,
    /// Base units of input, or of output when `exact_out`.
    pub amount: U256,
    /// Whether `amount` is what comes out.
    pub exact_out: bool,
    /// The price the swap stops at; none is as far as ticks go.
    pub limit: Option<U256>,
}

/// What the pool would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Where the swap ends and what moved.
    pub state: State,
    /// False when liquidity or the limit stopped the swap before its amount was reached.
    pub is_filled: bool,
}

/// A snapshot that contradicts itself; the text says where.
#[derive(Debug, PartialEq, Eq)]
pub struct InvalidSnapshot(pub String);

/// A swap that cannot be asked.
#[derive(Debug, PartialEq, Eq)]
pub enum InvalidSwap {
    /// The amount is nothing, or more than the contract's int256 holds.
    Amount,
    /// The limit is behind the price.
    Limit,
}

impl fmt::Display for InvalidSwap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Amount => "a swap needs an amount above 0 and below 2^255",
            Self::Limit => "the price limit is not ahead of the price in this direction",
        })
    }
}

/// What no swap changes of a pool, checked once and shared by all its states.
struct Shape {
    fee_pips: u32,
    tick_spacing: i32,
    ticks: Vec<i32>,
    liquidity_nets: Vec<i128>,
    /// In range from each of `ticks` on.
    liquidities: Vec<u128>,
}

impl Shape {
    /// Returns the liquidity in range at a tick.
    fn liquidity_at(&self, tick: i32) -> u128 {
        match self.ticks.partition_point(|&index| index <= tick) {
            0 => 0,
            above => self.liquidities[above - 1],
        }
    }
}

/// A consistent pool state.
pub struct Pool {
    shape: Arc<Shape>,
    start: State,
    down: Ladder,
    up: Ladder,
}

impl Pool {
    /// Checks a snapshot and makes it ready to be quoted.
    ///
    /// # Errors
    /// `InvalidSnapshot` when it cannot be a state of a pool.
    pub fn new(snapshot: Snapshot) -> Result<Self, InvalidSnapshot> {
        let (sqrt_price, liquidities) = check(&snapshot)?;
        let shape = Shape {
            fee_pips: snapshot.fee_pips,
            tick_spacing: snapshot.tick_spacing,
            ticks: snapshot.ticks,
            liquidity_nets: snapshot.liquidity_nets,
            liquidities,
        };
        let (tick, liquidity) = (snapshot.tick, snapshot.liquidity);
        Self::start(Arc::new(shape), sqrt_price, tick, liquidity)
    }

    /// Returns a pool whose liquidity is the same at every price, with the tick its price says.
    ///
    /// # Errors
    /// `InvalidSnapshot` when it cannot be a state of a pool.
    pub fn full_range(
        fee_pips: u32,
        tick_spacing: i32,
        sqrt_price: U256,
        liquidity: U256,
    ) -> Result<Self, InvalidSnapshot> {
        if !(1..=MAX_TICK_SPACING).contains(&tick_spacing) {
            return invalid("tickSpacing is out of range");
        }
        let last = MAX_TICK / tick_spacing * tick_spacing;
        let net = i128::try_from(liquidity).unwrap_or(i128::MIN);
        Self::new(Snapshot {
            fee_pips,
            tick_spacing,
            sqrt_price,
            tick: tick_at_sqrt_ratio(check_price(sqrt_price)?),
            liquidity,
            ticks: vec![-last, last],
            liquidity_nets: vec![net, net.wrapping_neg()],
        })
    }

    /// Returns the pool at another state. It shares the ticks, which are not checked again.
    ///
    /// # Errors
    /// `InvalidSnapshot` when no swap can lead there.
    pub fn at(
        &self,
        sqrt_price: U256,
        tick: i32,
        liquidity: U256,
    ) -> Result<Self, InvalidSnapshot> {
        let sqrt_price = check_price(sqrt_price)?;
        check_tick(sqrt_price, tick)?;
        Self::start(Arc::clone(&self.shape), sqrt_price, tick, liquidity)
    }

    fn start(
        shape: Arc<Shape>,
        sqrt_price: SqrtPrice,
        tick: i32,
        liquidity: U256,
    ) -> Result<Self, InvalidSnapshot> {
        let active = shape.liquidity_at(tick);
        if U256::from(active) != liquidity {
            return invalid(format!("liquidity is {liquidity}, its ticks say {active}"));
        }
        if let Some(&last) = shape.liquidities.last().filter(|&&last| last != 0) {
            return invalid(format!("liquidity is {last} after the last tick"));
        }
        let start = State::start(sqrt_price, tick, active);
        Ok(Self {
            shape,
            start,
            down: Ladder::new(start),
            up: Ladder::new(start),
        })
    }

    /// Returns what `swap` would do.
    ///
    /// # Errors
    /// `InvalidSwap` for no amount or a limit on the wrong side.
    pub fn quote(&self, swap: &Swap) -> Result<Quote, InvalidSwap> {
        if swap.amount.is_zero() || swap.amount.bit(255) {
            return Err(InvalidSwap::Amount);
        }
        let Some(limit) = self.limit(swap)? else {
            return Ok(Quote {
                state: self.start,
                is_filled: false,
            });
        };
        let course = Course { swap, limit };
        let ladder = match swap.direction {
            Direction::ZeroForOne => &self.down,
            Direction::OneForZero => &self.up,
        };
        Ok(ladder.climb(
            |state| !course.goes_on_at(state),
            |state| self.next(state, swap.direction),
            |states| {
                let end = states.partition_point(|state| course.goes_on_at(state));
                self.finish(&course, &states[end - 1], &states[end])
            },
        ))
    }

    /// Returns where the swap stops at the latest; none when the price is there already.
    fn limit(&self, swap: &Swap) -> Result<Option<SqrtPrice>, InvalidSwap> {
        let price = U256::from(self.start.sqrt_price);
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
            (true, _) => Ok(Some(limit.to())),
            (false, None) => Ok(None),
            (false, Some(_)) => Err(InvalidSwap::Limit),
        }
    }

    /// Returns the state at the stop after `state`.
    fn next(&self, state: &State, direction: Direction) -> State {
        let has_liquidity = state.liquidity != 0;
        let (tick, found) = next_stop(
            &self.shape.ticks,
            self.shape.tick_spacing,
            state.tick,
            has_liquidity,
            direction,
        );
        let sqrt_price = sqrt_ratio_at_tick(tick);
        let moved = self.stretch(state, direction).move_to(sqrt_price);
        let mut next = state.after(sqrt_price, &moved);
        let change = found.map_or(0, |found| self.shape.liquidity_nets[found]);
        next.ticks_crossed += u32::from(found.is_some());
        next.words_crossed += words_between(self.shape.tick_spacing, state.tick, tick, direction)
            + u32::from(found.is_none());
        (next.tick, next.liquidity) = match direction {
            Direction::ZeroForOne => (tick - 1, state.liquidity.wrapping_add_signed(-change)),
            Direction::OneForZero => (tick, state.liquidity.wrapping_add_signed(change)),
        };
        next
    }

    /// Ends the swap somewhere after `from` and not beyond `stop`.
    fn finish(&self, course: &Course, from: &State, stop: &State) -> Quote {
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

    fn stretch(&self, state: &State, direction: Direction) -> Stretch {
        Stretch {
            sqrt_price: state.sqrt_price,
            liquidity: state.liquidity,
            fee_pips: self.shape.fee_pips,
            direction,
        }
    }
}

/// A swap that can be asked, under way.
struct Course<'a> {
    swap: &'a Swap,
    limit: SqrtPrice,
}

impl Course<'_> {
    fn used_by(&self, state: &State) -> U256 {
        if self.swap.exact_out {
            state.amount_out
        } else {
            state.amount_in
        }
    }

    fn goes_on_at(&self, state: &State) -> bool {
        self.used_by(state) < self.swap.amount
            && match self.swap.direction {
                Direction::ZeroForOne => state.sqrt_price > self.limit,
                Direction::OneForZero => state.sqrt_price < self.limit,
            }
    }

    fn is_beyond_limit(&self, state: &State) -> bool {
        match self.swap.direction {
            Direction::ZeroForOne => state.sqrt_price < self.limit,
            Direction::OneForZero => state.sqrt_price > self.limit,
        }
    }
}

/// Returns the price, and what is in range from each tick on.
fn check(snapshot: &Snapshot) -> Result<(SqrtPrice, Vec<u128>), InvalidSnapshot> {
    let sqrt_price = check_price(snapshot.sqrt_price)?;
    if snapshot.fee_pips >= FEE_DENOMINATOR_PIPS {
        return invalid("feePips must be below 100 %");
    }
    if !(1..=MAX_TICK_SPACING).contains(&snapshot.tick_spacing) {
        return invalid("tickSpacing is out of range");
    }
    check_tick(sqrt_price, snapshot.tick)?;
    Ok((sqrt_price, check_ticks(snapshot)?))
}

fn check_price(sqrt_price: U256) -> Result<SqrtPrice, InvalidSnapshot> {
    let range = U256::from(MIN_SQRT_RATIO)..U256::from(MAX_SQRT_RATIO);
    if !range.contains(&sqrt_price) {
        return invalid("sqrtPriceX96 is outside the range of ticks");
    }
    Ok(sqrt_price.to::<SqrtPrice>())
}

fn check_tick(sqrt_price: SqrtPrice, tick: i32) -> Result<(), InvalidSnapshot> {
    if !(MIN_TICK..MAX_TICK).contains(&tick) {
        return invalid("tick is outside the range of ticks");
    }
    // A price pushed down exactly to a tick belongs to the tick below.
    let prices = sqrt_ratio_at_tick(tick)..=sqrt_ratio_at_tick(tick + 1);
    if !prices.contains(&sqrt_price) {
        return invalid("tick does not belong to sqrtPriceX96");
    }
    Ok(())
}

/// Returns what is in range from each tick on, once no swap can meet an impossible liquidity.
fn check_ticks(snapshot: &Snapshot) -> Result<Vec<u128>, InvalidSnapshot> {
    let mut liquidities = Vec::with_capacity(snapshot.ticks.len());
    let (mut previous, mut liquidity) = (MIN_TICK - 1, 0_u128);
    for (&index, &net) in snapshot.ticks.iter().zip(&snapshot.liquidity_nets) {
        if index <= previous || index > MAX_TICK || index % snapshot.tick_spacing != 0 {
            return invalid(format!("ticks: {index} is out of order or off the spacing"));
        }
        previous = index;
        liquidity = match liquidity.checked_add_signed(net) {
            Some(liquidity) if net != i128::MIN => liquidity,
            _ => return invalid(format!("ticks: liquidity at {index} is out of range")),
        };
        liquidities.push(liquidity);
    }
    Ok(liquidities)
}

fn invalid<T>(text: impl Into<String>) -> Result<T, InvalidSnapshot> {
    Err(InvalidSnapshot(text.into()))
}
