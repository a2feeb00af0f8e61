//! How long a quote takes, without the way to Python and back.

use std::hint::black_box;
use std::time::Instant;

use crate::pool::{InvalidSwap, Pool, Swap};

/// Returns the nanoseconds of one quote of `swap`, over `rounds` through all `pools`.
///
/// One pool and many rounds measure repeated quotes; many pools and one round first quotes.
///
/// # Errors
/// What a quote refuses.
pub fn quote_duration_ns(pools: &[&Pool], swap: &Swap, rounds: u32) -> Result<f64, InvalidSwap> {
    let started_at = Instant::now();
    for _ in 0..rounds {
        for pool in pools {
            black_box(pool.quote(black_box(swap))?);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a handful of pools")]
    let quotes = pools.len() as f64 * f64::from(rounds);
    Ok(started_at.elapsed().as_secs_f64() * 1e9 / quotes)
}
