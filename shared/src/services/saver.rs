//! The periodic save of a running turn: one write that stores the text so far, prolongs the lease, and learns what
//! others ask of the owner.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::{Instant, sleep_until};

use crate::conversation::Timestamp;
use crate::db::{Save, Signals, Store, StoreError};
use crate::reply::Reply;
use crate::turn::{Lease, TurnKey};

/// The time from one save to the next. Half of it is what a stop waits for on average.
const INTERVAL: Duration = Duration::from_millis(500);

/// How long an owner may be silent before others take the turn to be abandoned. Many saves, so that a slow database or
/// clocks that disagree by seconds do not cost a turn its owner.
pub const LEASE: Duration = Duration::from_secs(15);

/// Saves one turn, for as long as it holds the lease.
pub struct Saver {
    store: Arc<dyn Store>,
    turn: TurnKey,
    lease: Lease,
    due: Instant,
    under_way: Option<BoxFuture<'static, Result<Signals, StoreError>>>,
}

impl Saver {
    /// A saver for a turn that has just been stored with `lease`.
    pub fn new(store: Arc<dyn Store>, turn: TurnKey, lease: Lease) -> Self {
        Self { store, turn, lease, due: Instant::now() + INTERVAL, under_way: None }
    }

    /// Saves `reply` when it is time, and tells what others ask. Dropping the future loses nothing.
    ///
    /// # Errors
    /// Those of [`Store::save_turn`]. After [`StoreError::NotOwner`] nothing of the turn may be written or posted.
    pub async fn next(&mut self, reply: &Reply) -> Result<Signals, StoreError> {
        if self.under_way.is_none() {
            sleep_until(self.due).await;
            self.lease.expires_at = Timestamp::now() + LEASE;
        }
        let (store, turn, lease) = (&self.store, &self.turn, &self.lease);
        let saving = self.under_way.get_or_insert_with(|| {
            let (store, turn, lease, reply) = (Arc::clone(store), turn.clone(), lease.clone(), reply.clone());
            async move {
                let save = Save { turn: &turn, lease: &lease, reply: &reply };
                store.save_turn(save).await
            }
            .boxed()
        });
        let saved = saving.await;
        self.under_way = None;
        self.due = Instant::now() + INTERVAL;
        saved
    }

    /// Stores the whole reply and its end. A save that is under way is given up: this one holds more.
    ///
    /// # Errors
    /// Those of [`Store::end_turn`].
    pub async fn end(&mut self, reply: &Reply) -> Result<Signals, StoreError> {
        self.under_way = None;
        let save = Save { turn: &self.turn, lease: &self.lease, reply };
        self.store.end_turn(save).await
    }
}
