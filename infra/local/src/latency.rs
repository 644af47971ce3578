//! How far away the database and clients seem to be: on loopback every call is answered much sooner than on AWS.

use std::time::{Duration, Instant};

use crate::call::Call;

/// The least time until a call is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latencies {
    /// An operation of the database.
    pub database: Duration,
    /// A post to a client. The client has it at once: only the function waits.
    pub post: Duration,
}

impl Latencies {
    /// Waits for what is left of the latency of a call that began then.
    pub async fn wait(self, call: &Call, started: Instant) {
        let latency = match call {
            Call::Database(_) => self.database,
            Call::Post => self.post,
            _ => return,
        };
        let left = latency.saturating_sub(started.elapsed());
        if !left.is_zero() {
            // The runtime's timers are exact to a millisecond, which is much of a latency; a thread's are exact to a fraction of it.
            let _ = tokio::task::spawn_blocking(move || std::thread::sleep(left)).await;
        }
    }
}
