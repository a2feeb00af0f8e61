//! Exact Uniswap V3 quotes from pool snapshots.
//!
//! A quote is what the contract does to the same pool state, to the wei. The mathematics knows
//! nothing of Python; `python` is the module Python imports.

pub mod bitmap;
pub mod desk;
#[cfg(feature = "python")]
mod desk_python;
pub mod events;
#[cfg(feature = "python")]
mod integers;
pub mod ladder;
#[cfg(feature = "python")]
mod measure;
pub mod pool;
#[cfg(feature = "python")]
mod python;
pub mod sqrt_price_math;
pub mod swap_math;
pub mod tick_math;
pub mod walk;
