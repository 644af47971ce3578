//! Simulated latencies of the database and clients, which are much shorter on loopback than on AWS.

use std::time::{Duration, Instant};

use crate::call::Call;

/// Minimum latencies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latencies {
    /// An operation of the database.
    pub database: Duration,
    /// A post to a client. The client gets it at once: only the function waits.
    pub post: Duration,
}

impl Latencies {
    /// Waits for the rest of the latency of a call that was `started` then.
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
