//! Given a pool, when a swap is quoted, then the contract's rules hold.

use ruint::aliases::{U160, U256};
use tradewind_router::pool::{InvalidSwap, Pool, Quote, Snapshot, Swap};
use tradewind_router::sqrt_price_math::{Rounding, amount1_between};
use tradewind_router::swap_math::Direction::{self, OneForZero, ZeroForOne};
use tradewind_router::tick_math::{MAX_SQRT_RATIO, MAX_TICK, sqrt_ratio_at_tick};

const WHOLE: i128 = 1_000_000_000_000_000_000;

/// A pool of 0.3 % at price 1.
fn snapshot(ticks: &[(i32, i128)]) -> Snapshot {
    let in_range = ticks.iter().filter(|(index, _)| *index <= 0);
    let liquidity: i128 = in_range.map(|(_, net)| net).sum();
    Snapshot {
        fee_pips: 3_000,
        tick_spacing: 60,
        sqrt_price: U256::ONE << 96,
        tick: 0,
        liquidity: U256::from(liquidity.cast_unsigned()),
        ticks: ticks.iter().map(|(index, _)| *index).collect(),
        liquidity_nets: ticks.iter().map(|(_, net)| *net).collect(),
    }
}

fn pool(ticks: &[(i32, i128)]) -> Pool {
    Pool::new(snapshot(ticks)).unwrap()
}

fn exact_in(direction: Direction, amount: i128) -> Swap {
    let amount = U256::from(amount.cast_unsigned());
    Swap {
        direction,
        amount,
        exact_out: false,
        limit: None,
    }
}

fn quote(pool: &Pool, swap: &Swap) -> Quote {
    pool.quote(swap).unwrap()
}

fn problem(snapshot: Snapshot) -> String {
    Pool::new(snapshot).err().unwrap().0
}

#[test]
fn a_swap_rounds_at_the_edge_of_every_bitmap_word() {
    let pool = pool(&[(-60_000, WHOLE / 1_000), (60_000, -WHOLE / 1_000)]);
    let edges = [0, -60 * 256, -60 * 512, -60 * 700].map(sqrt_ratio_at_tick);
    let limit = Some(U256::from(edges[3]));
    let quote = quote(
        &pool,
        &Swap {
            limit,
            ..exact_in(ZeroForOne, WHOLE)
        },
    );
    let liquidity = (WHOLE / 1_000).cast_unsigned();
    let steps = edges.windows(2);
    let paid = steps.map(|ends| amount1_between(ends[1], ends[0], liquidity, Rounding::Down));
    assert_eq!(quote.state.amount_out, paid.sum::<U256>());
    assert_eq!(quote.state.ticks_crossed, 0);
    assert_eq!(quote.state.words_crossed, 3);
    assert!(!quote.is_filled);
}

#[test]
fn an_empty_stretch_is_crossed_without_paying() {
    let pool = pool(&[
        (-6_000, WHOLE),
        (-3_000, -WHOLE),
        (3_000, WHOLE),
        (6_000, -WHOLE),
    ]);
    let quote = quote(&pool, &exact_in(ZeroForOne, WHOLE / 1_000));
    assert!(quote.is_filled);
    assert_eq!(quote.state.ticks_crossed, 1);
    assert_eq!(quote.state.words_crossed, 1);
    assert!(quote.state.tick < -3_000);
}

#[test]
fn a_dry_pool_is_said_to_be_dry() {
    let pool = pool(&[(-60, 1_000_000), (60, -1_000_000)]);
    let quote = quote(&pool, &exact_in(OneForZero, WHOLE));
    assert!(!quote.is_filled);
    assert_eq!(quote.state.sqrt_price, MAX_SQRT_RATIO - U160::ONE);
    assert_eq!(quote.state.tick, MAX_TICK - 1);
    assert_eq!(quote.state.liquidity, 0);
}

#[test]
fn input_is_consumed_whole_and_output_paid_exactly() {
    let pool = pool(&[(-6_000, WHOLE), (-60, WHOLE), (60, -WHOLE), (6_000, -WHOLE)]);
    for direction in [ZeroForOne, OneForZero] {
        let sold = quote(&pool, &exact_in(direction, WHOLE / 10));
        assert_eq!(sold.state.amount_in, U256::from(WHOLE.cast_unsigned() / 10));
        let swap = Swap {
            exact_out: true,
            ..exact_in(direction, WHOLE / 10)
        };
        assert_eq!(quote(&pool, &swap).state.amount_out, swap.amount);
    }
}

#[test]
fn what_was_quoted_before_does_not_matter() {
    let ticks = [(-6_000, WHOLE), (-60, WHOLE), (60, -WHOLE), (6_000, -WHOLE)];
    let asked = [1, 1_000, WHOLE / 100, WHOLE / 10, WHOLE, WHOLE * 1_000];
    let shared = pool(&ticks);
    for amount in asked.iter().rev().chain(&asked) {
        let swap = exact_in(ZeroForOne, *amount);
        assert_eq!(
            quote(&shared, &swap),
            quote(&pool(&ticks), &swap),
            "{amount}"
        );
    }
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let pool = pool(&[]);
    assert_eq!(
        pool.quote(&exact_in(ZeroForOne, 0)),
        Err(InvalidSwap::Amount)
    );
    let amount = U256::ONE << 255;
    let too_large = Swap {
        amount,
        ..exact_in(ZeroForOne, 1)
    };
    assert_eq!(pool.quote(&too_large), Err(InvalidSwap::Amount));
    for (direction, limit) in [(ZeroForOne, 96), (OneForZero, 96), (OneForZero, 160)] {
        let limit = Some(U256::ONE << limit);
        let behind = Swap {
            limit,
            ..exact_in(direction, 1)
        };
        assert_eq!(pool.quote(&behind), Err(InvalidSwap::Limit));
    }
}

#[test]
fn a_snapshot_no_pool_can_be_in_is_refused() {
    let good = || snapshot(&[(-60, WHOLE), (60, -WHOLE)]);
    assert!(problem(Snapshot { tick: 1, ..good() }).contains("does not belong"));
    assert!(
        problem(Snapshot {
            tick: MAX_TICK,
            ..good()
        })
        .contains("range")
    );
    assert!(
        problem(Snapshot {
            fee_pips: 1_000_000,
            ..good()
        })
        .contains("feePips")
    );
    assert!(
        problem(Snapshot {
            tick_spacing: 0,
            ..good()
        })
        .contains("tickSpacing")
    );
    assert!(
        problem(Snapshot {
            tick_spacing: 7,
            ..good()
        })
        .contains("off the spacing")
    );
    assert!(
        problem(Snapshot {
            liquidity: U256::MAX,
            ..good()
        })
        .contains("its ticks say")
    );
    assert!(problem(snapshot(&[(-60, -1)])).contains("out of range"));
    assert!(problem(snapshot(&[(-60, 1)])).contains("after the last tick"));
}

#[test]
fn a_pool_at_another_state_is_the_pool_made_there() {
    let ticks = [(-600, WHOLE), (-60, WHOLE), (120, -WHOLE), (600, -WHOLE)];
    let known = pool(&ticks);
    for tick in [-601, -600, -61, 0, 119, 120, 599, 600] {
        let mut there = snapshot(&ticks);
        there.tick = tick;
        there.sqrt_price = U256::from(sqrt_ratio_at_tick(tick));
        let in_range = ticks.iter().filter(|(index, _)| *index <= tick);
        let liquidity = in_range.map(|(_, net)| net).sum::<i128>();
        there.liquidity = U256::from(liquidity.cast_unsigned());
        let moved = known
            .at(there.sqrt_price, there.tick, there.liquidity)
            .unwrap();
        let made = Pool::new(there).unwrap();
        for direction in [ZeroForOne, OneForZero] {
            let swap = exact_in(direction, WHOLE / 50);
            assert_eq!(quote(&moved, &swap), quote(&made, &swap));
        }
    }
}

#[test]
fn a_pool_is_not_moved_to_an_impossible_state() {
    let known = pool(&[(-60, WHOLE), (60, -WHOLE)]);
    let here = U256::ONE << 96;
    let liquidity = U256::from(WHOLE.cast_unsigned());
    let problem = |price, tick, liquidity| known.at(price, tick, liquidity).err().unwrap().0;
    assert_eq!(
        problem(U256::ZERO, 0, liquidity),
        "sqrtPriceX96 is outside the range of ticks"
    );
    assert_eq!(
        problem(here, 1, liquidity),
        "tick does not belong to sqrtPriceX96"
    );
    assert_eq!(
        problem(here, MAX_TICK, liquidity),
        "tick is outside the range of ticks"
    );
    assert_eq!(
        problem(here, 0, U256::from(7)),
        format!("liquidity is 7, its ticks say {WHOLE}")
    );
}
