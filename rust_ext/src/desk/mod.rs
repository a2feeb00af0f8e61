//! Trades the orders of a back-test in turn, on pools whose liquidity is the same at every price.
//!
//! It does the ordinary: an order that is within its limits, planned on one pool and filled. At
//! anything else it stops before the order and leaves that to the functions in Python, which decide
//! it alone. What it does is what they do, to the wei.

mod book;
mod market;
mod near;
mod rows;
mod trading;

pub use book::{Book, Holding, Sums};
pub use market::{Market, Pair, Tier};
pub use near::{Crossings, Known};
pub use rows::{Columns, ROW_BYTES};
pub use trading::{Arrival, Desk, Limits, Order, Terms};
