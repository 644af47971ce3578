//! The clock of the platform's limits. Tests advance it instead of waiting.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;
use tokio::time::Instant;

/// Real time plus what [`Clock::advance`] has added. All clones are one clock.
#[derive(Clone, Debug)]
pub struct Clock {
    skipped: watch::Sender<Duration>,
}

impl Clock {
    /// A clock that shows real time.
    pub fn new() -> Self {
        Self { skipped: watch::Sender::new(Duration::ZERO) }
    }

    /// The current moment; only differences between moments are meaningful.
    pub fn now(&self) -> Instant {
        Instant::now() + *self.skipped.borrow()
    }

    /// The current time in milliseconds since 1970, as events carry it.
    pub fn epoch_millis(&self) -> u64 {
        self.wall_time().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
    }

    /// Now, as a date.
    pub fn wall_time(&self) -> SystemTime {
        SystemTime::now() + *self.skipped.borrow()
    }

    /// Advances the clock, which wakes every [`Clock::sleep_until`] that is due by then.
    pub fn advance(&self, by: Duration) {
        self.skipped.send_modify(|skipped| *skipped += by);
    }

    /// Waits until `moment`.
    pub async fn sleep_until(&self, moment: Instant) {
        let mut skipped = self.skipped.subscribe();
        loop {
            let now = Instant::now() + *skipped.borrow_and_update();
            if now >= moment {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(moment - now) => {}
                // The sender cannot be gone: `self` holds one.
                _ = skipped.changed() => {}
            }
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}
