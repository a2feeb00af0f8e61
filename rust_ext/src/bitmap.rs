//! Where a swap stops next: at an initialised tick, or at the edge of a word of the tick bitmap.

use crate::swap_math::Direction;
use crate::tick_math::{MAX_TICK, MIN_TICK};

/// Ticks (in units of the spacing) in a word of the contract's bitmap.
const WORD_TICKS: i32 = 256;

/// Returns the next tick to stop at, and where it stands among `ticks` when it is initialised.
///
/// The contract reads one word at a time and stops (and rounds) at its edge. Without liquidity
/// there is nothing to round, so the way to the next initialised tick is one stop.
#[must_use]
pub fn next_stop(
    ticks: &[i32],
    spacing: i32,
    tick: i32,
    has_liquidity: bool,
    direction: Direction,
) -> (i32, Option<usize>) {
    let compressed = tick.div_euclid(spacing);
    match direction {
        Direction::ZeroForOne => {
            let edge = compressed.div_euclid(WORD_TICKS) * WORD_TICKS * spacing;
            let edge = if has_liquidity {
                edge.max(MIN_TICK)
            } else {
                MIN_TICK
            };
            match ticks.partition_point(|&index| index <= tick).checked_sub(1) {
                Some(found) if ticks[found] >= edge => (ticks[found], Some(found)),
                _ => (edge, None),
            }
        }
        Direction::OneForZero => {
            let word = (compressed + 1).div_euclid(WORD_TICKS);
            let edge = (word * WORD_TICKS + WORD_TICKS - 1) * spacing;
            let edge = if has_liquidity {
                edge.min(MAX_TICK)
            } else {
                MAX_TICK
            };
            let found = ticks.partition_point(|&index| index <= tick);
            match ticks.get(found) {
                Some(&index) if index <= edge => (index, Some(found)),
                _ => (edge, None),
            }
        }
    }
}

/// Returns how many words of the bitmap lie between the one a swap reads at `tick` and `stop`'s.
#[must_use]
pub fn words_between(spacing: i32, tick: i32, stop: i32, direction: Direction) -> u32 {
    let first = match direction {
        Direction::ZeroForOne => tick.div_euclid(spacing),
        Direction::OneForZero => tick.div_euclid(spacing) + 1,
    };
    let last = stop.div_euclid(spacing);
    first
        .div_euclid(WORD_TICKS)
        .abs_diff(last.div_euclid(WORD_TICKS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{OneForZero, ZeroForOne};

    #[test]
    fn downwards_the_tick_the_price_is_at_counts() {
        assert_eq!(
            next_stop(&[-20, 40], 10, 40, true, ZeroForOne),
            (40, Some(1))
        );
        assert_eq!(next_stop(&[-20, 40], 10, 39, true, ZeroForOne), (0, None));
        assert_eq!(
            next_stop(&[-20, 40], 10, -1, true, ZeroForOne),
            (-20, Some(0))
        );
    }

    #[test]
    fn upwards_the_tick_the_price_is_at_does_not_count() {
        assert_eq!(
            next_stop(&[-20, 40], 10, 39, true, OneForZero),
            (40, Some(1))
        );
        assert_eq!(
            next_stop(&[-20, 40], 10, 40, true, OneForZero),
            (2_550, None)
        );
    }

    #[test]
    fn words_end_where_the_contracts_do() {
        assert_eq!(next_stop(&[], 60, -1, true, ZeroForOne), (-15_360, None));
        assert_eq!(
            next_stop(&[], 60, -15_361, true, ZeroForOne),
            (-30_720, None)
        );
        assert_eq!(next_stop(&[], 60, -60, true, OneForZero), (15_300, None));
        assert_eq!(next_stop(&[], 60, -61, true, OneForZero), (-60, None));
        assert_eq!(next_stop(&[], 60, 15_300, true, OneForZero), (30_660, None));
    }

    #[test]
    fn the_range_of_ticks_ends_the_outermost_words() {
        assert_eq!(
            next_stop(&[], 60, MIN_TICK, true, ZeroForOne),
            (MIN_TICK, None)
        );
        assert_eq!(
            next_stop(&[], 60, MAX_TICK - 1, true, OneForZero),
            (MAX_TICK, None)
        );
    }

    #[test]
    fn without_liquidity_words_do_not_matter() {
        assert_eq!(
            next_stop(&[-887_220, 887_220], 60, 0, false, ZeroForOne),
            (-887_220, Some(0))
        );
        assert_eq!(
            next_stop(&[-887_220], 60, 0, false, OneForZero),
            (MAX_TICK, None)
        );
    }
}
