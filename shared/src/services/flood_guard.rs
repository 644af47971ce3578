//! Detects connections that flood: those that send many frames without waiting for answers.
//!
//! No process sees the whole traffic, since concurrent frames are spread over as many processes. So each adds what it
//! sees to the connection's sum in the store, from the third frame in a period on: normal use costs hardly a write. A
//! client that waits for each answer is served by a few processes, and may send more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::caller::Caller;
use crate::conversation::{Clock, ConnectionId, millis};
use crate::db::{ConnectionStore, Period, Traffic};

/// The period in which frames are counted.
const PERIOD: Duration = Duration::from_secs(10);

/// How many frames of a connection a process sees in a period before it adds them to the sum.
const FREE: u64 = 2;
const FIRST_ADDED: u64 = FREE + 1;

/// From this many processes with several frames of a connection in a period, the client does not wait for answers.
const MANY_PROCESSES: u64 = 32;

/// How many times as much a client may send that waits for answers.
const SEQUENTIAL_FACTOR: u64 = 12;

/// How long the sum of a period is kept.
const RETENTION: Duration = Duration::from_secs(60 * 60);

/// About how many connections a process tracks.
const MAX_CONNECTIONS: usize = 1_000;

/// Counts frames.
pub struct FloodGuard {
    connections: Arc<dyn ConnectionStore>,
    max_frames: Option<u64>,
    clock: Clock,
    seen: Mutex<HashMap<ConnectionId, Seen>>,
}

/// What this process has seen of a connection.
#[derive(Default)]
struct Seen {
    period: u64,
    frames: u64,
    is_flooding: bool,
}

impl FloodGuard {
    /// A guard that sums up frames in `connections`, each of which may send `frames_per_second`; `None` means
    /// unlimited.
    pub fn new(connections: Arc<dyn ConnectionStore>, frames_per_second: Option<u64>, clock: Clock) -> Self {
        let max_frames = frames_per_second.map(|frames| frames.saturating_mul(PERIOD.as_secs()));
        Self { connections, max_frames, clock, seen: Mutex::default() }
    }

    /// Whether this process knows that the connection floods: its frames are ignored.
    pub fn knows(&self, connection: &ConnectionId) -> bool {
        self.lock().get(connection).is_some_and(|seen| seen.is_flooding)
    }

    /// Counts a frame of the caller. Returns whether its connection floods.
    pub async fn count(&self, caller: &Caller) -> bool {
        let Some(max_frames) = self.max_frames else { return false };
        let now = (self.clock)();
        let period = Period { number: now.0 / millis(PERIOD), forgotten_at: now + RETENTION };
        let Some(traffic) = self.see(&caller.connection, period.number) else { return false };
        let sum = self.connections.add_traffic(&caller.user, &caller.connection, period, traffic).await;
        let is_flooding = match sum {
            Ok(Traffic { frames, processes }) if processes >= MANY_PROCESSES => frames > max_frames,
            Ok(Traffic { frames, .. }) => frames > max_frames.saturating_mul(SEQUENTIAL_FACTOR),
            Err(error) => {
                tracing::warn!(connection = %caller.connection, %error, "counting the frames of a connection failed");
                false
            }
        };
        if is_flooding {
            tracing::warn!(connection = %caller.connection, "closing a connection that exceeds the frame rate");
            self.lock().entry(caller.connection.clone()).or_default().is_flooding = true;
        }
        is_flooding
    }

    // What to add to the sum: nothing for the first frames of a period, and all of them with the next one.
    fn see(&self, connection: &ConnectionId, period: u64) -> Option<Traffic> {
        let mut connections = self.lock();
        if connections.len() >= MAX_CONNECTIONS {
            connections.retain(|_, seen| seen.period == period);
        }
        let seen = connections.entry(connection.clone()).or_default();
        if seen.period != period {
            (seen.period, seen.frames) = (period, 0);
        }
        seen.frames += 1;
        match seen.frames {
            ..=FREE => None,
            FIRST_ADDED => Some(Traffic { frames: FIRST_ADDED, processes: 1 }),
            _ => Some(Traffic { frames: 1, processes: 0 }),
        }
    }

    // No code panics while it holds this lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
