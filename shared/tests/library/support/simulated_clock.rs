use std::cell::Cell;

use natter::conversation::Timestamp;
use tokio::time::Instant;

thread_local! {
    static BEGUN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// A clock that runs with the runtime's paused one, from when it was first looked at by its thread, or set again.
pub fn simulated_clock() -> Timestamp {
    let begun = BEGUN.get().unwrap_or_else(|| {
        reset_simulated_clock();
        Instant::now()
    });
    Timestamp(1_700_000_000_000) + begun.elapsed()
}

/// Sets it to its beginning.
pub fn reset_simulated_clock() {
    BEGUN.set(Some(Instant::now()));
}
