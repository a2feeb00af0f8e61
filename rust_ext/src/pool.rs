//! A pool state that can be quoted many times.

use std::fmt;
use std::sync::Arc;

use ruint::aliases::U256;

use crate::ladder::{Ladder, State};
use crate::swap_math::{Direction, FEE_DENOMINATOR_PIPS};
use crate::tick_math::{
    MAX_SQRT_RATIO, MAX_TICK, MIN_SQRT_RATIO, MIN_TICK, SqrtPrice, sqrt_ratio_at_tick,
    tick_at_sqrt_ratio,
};
use crate::walk::{Course, Ground};

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
        let Some(course) = Course::of(swap, self.start.sqrt_price)? else {
            return Ok(Quote {
                state: self.start,
                is_filled: false,
            });
        };
        let (ladder, ground) = (self.ladder(swap.direction), self.ground());
        Ok(ladder.climb(
            |state| !course.goes_on_at(state),
            |state| ground.next(state, swap.direction),
            |states| {
                let end = states.partition_point(|state| course.goes_on_at(state));
                ground.finish(&course, &states[end - 1], &states[end])
            },
        ))
    }

    fn ladder(&self, direction: Direction) -> &Ladder {
        match direction {
            Direction::ZeroForOne => &self.down,
            Direction::OneForZero => &self.up,
        }
    }

    fn ground(&self) -> Ground<'_> {
        Ground {
            fee_pips: self.shape.fee_pips,
            tick_spacing: self.shape.tick_spacing,
            ticks: &self.shape.ticks,
            liquidity_nets: &self.shape.liquidity_nets,
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
