//! Files in TOML that people write: their fields, and everything that is wrong with them, by file and line.

mod fields;
mod mistakes;

pub use fields::{Fields, Placed, json, place_of};
pub use mistakes::{Collector, Mistakes};
