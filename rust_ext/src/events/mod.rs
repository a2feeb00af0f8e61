//! Events in the one spelling this platform writes them in, read in one pass.
//!
//! What is read here is accepted by the models in Python, and they would write the same bytes again:
//! keys in the models' order, no white space, numbers and times as they are written. Whatever else
//! stands there is refused without a reason, and the models in Python say what it is.

pub mod cursor;
pub mod identity;
pub mod pattern;
pub mod spelling;

#[cfg(feature = "python")]
mod arrange;
#[cfg(feature = "python")]
mod delivered;
#[cfg(feature = "python")]
mod description;
#[cfg(feature = "python")]
pub(crate) mod fold;
#[cfg(feature = "python")]
mod history;
#[cfg(feature = "python")]
mod instance;
#[cfg(feature = "python")]
mod lifecycle;
#[cfg(feature = "python")]
mod model;
#[cfg(feature = "python")]
mod node;
#[cfg(feature = "python")]
mod nodes;
#[cfg(feature = "python")]
pub(crate) mod reader;
#[cfg(feature = "python")]
pub(crate) mod row;
#[cfg(feature = "python")]
mod told;
