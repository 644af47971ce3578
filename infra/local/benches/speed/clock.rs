//! The clock that clients, functions and the stack share.

use std::time::{SystemTime, UNIX_EPOCH};

/// Nanoseconds since 1970: the one clock of all processes. It is set in small steps, if at all, while this runs.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}
