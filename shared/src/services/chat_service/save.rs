//! The periodic save of a running turn: one write that stores the text so far, extends the lease, and returns what
//! others ask of the owner.
//!
//! A long reply is stored in segments, each written once; a save rewrites only the tail behind them. So a save costs
//! the same however long the reply is, the total grows linearly and not quadratically, and no item comes near
//! DynamoDB's limit of 400 KB.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::{Instant, Sleep, sleep};

use crate::allowance::RunId;
use crate::conversation::{Clock, Entry, Timestamp, Timings, Usage, text_bytes};
use crate::db::{
    ClosedWait, Delivered, OutputStore, SEGMENT_BYTES, Save, SavedContent, Signals, StoreError, TurnStore,
};
use crate::reply::{Reply, ReplyPosition};
use crate::turn::{Ending, Lease, Subscriber, TurnKey};

/// The interval between saves. On average a stop waits for half of it.
const INTERVAL: Duration = Duration::from_millis(500);

/// The clock-skew margin: in the last fifth of its lease an owner writes and posts nothing, since other clocks may be
/// ahead.
const CLOCK_SKEW_DIVISOR: u32 = 5;

/// The most text of one segment; a burst is split. Far below DynamoDB's limit for an item.
const MAX_SEGMENT_BYTES: usize = 128 * 1024;

/// Saves one turn for as long as it holds the lease.
pub struct Saver {
    store: Arc<dyn TurnStore>,
    turn: TurnKey,
    lease: Lease,
    lease_time: Duration,
    clock: Clock,
    // Bytes of text that an earlier attempt has stored, which are kept until this one has more.
    earlier: usize,
    // One timer for all saves: creating one for every token costs more than the token.
    due: Pin<Box<Sleep>>,
    valid_until: Instant,
    // How many segments are stored, and up to which position.
    segments: u32,
    sealed: ReplyPosition,
    // Up to where the reply is stored.
    stored: ReplyPosition,
    saves: u64,
    in_flight: Option<PendingSave>,
}

struct PendingSave {
    begun: Instant,
    segments: u32,
    sealed: ReplyPosition,
    end: ReplyPosition,
    has_content: bool,
    write: BoxFuture<'static, Result<Signals, StoreError>>,
}

impl Saver {
    /// Creates a saver for a turn that has just been stored with `lease`. Each save extends the lease by `lease_time`.
    pub fn new(store: Arc<dyn TurnStore>, turn: TurnKey, lease: Lease, lease_time: Duration, clock: Clock) -> Self {
        let now = Instant::now();
        Self {
            store,
            turn,
            lease,
            lease_time,
            clock,
            earlier: 0,
            due: Box::pin(sleep(INTERVAL)),
            valid_until: now + lease_time - lease_time / CLOCK_SKEW_DIVISOR,
            segments: 0,
            sealed: ReplyPosition::default(),
            stored: ReplyPosition::default(),
            saves: 0,
            in_flight: None,
        }
    }

    /// The same for an attempt that takes over after an earlier one stored this many bytes of text.
    pub fn keeping(self, earlier: usize) -> Self {
        Self { earlier, ..self }
    }

    /// Until when this function surely holds the lease, by its own clock. After that nothing may be posted before a
    /// save has succeeded.
    pub fn valid_until(&self) -> Instant {
        self.valid_until
    }

    /// Whether a turn with this ending keeps what an earlier attempt has stored, because this one produced less. A
    /// reply that is complete, or that the user stopped while reading it, replaces it.
    pub fn keeps_earlier(&self, reply: &Reply, ending: Ending) -> bool {
        !self.replaces_earlier(reply, Some(ending))
    }

    fn replaces_earlier(&self, reply: &Reply, ending: Option<Ending>) -> bool {
        let written = text_bytes(&reply.entries);
        match ending {
            _ if self.earlier == 0 => true,
            Some(Ending::Complete(_) | Ending::Waiting) => true,
            Some(Ending::Stopped) => written > 0,
            Some(Ending::Failed(_) | Ending::Interrupted) | None => written > self.earlier,
        }
    }

    /// Saves `reply` when a save is due, removes the `dismissed` subscribers, and returns what others ask. Cancel-safe.
    ///
    /// # Errors
    /// Those of [`TurnStore::save_turn`]. After [`StoreError::LeaseLost`] nothing of the turn may be written or posted.
    pub async fn next(&mut self, reply: &Reply, dismissed: &[Subscriber]) -> Result<Signals, StoreError> {
        if self.in_flight.is_none() {
            self.due.as_mut().await;
            self.in_flight = Some(self.begin(reply, dismissed, None));
        }
        self.finish().await
    }

    /// Saves `reply` at once. A save in flight is dropped: this one includes it. [`Saver::next`] returns when it is done.
    pub fn save_now(&mut self, reply: &Reply, dismissed: &[Subscriber]) {
        self.in_flight = Some(self.begin(reply, dismissed, None));
    }

    /// A model call has ended: the next one has all attempts before it, and what an earlier attempt had stored of this
    /// one is not kept any more.
    pub fn complete_step(&mut self) {
        self.lease = self.lease.advanced();
        self.earlier = 0;
    }

    /// Whether all of `reply` is stored.
    pub fn has_stored(&self, reply: &Reply) -> bool {
        self.in_flight.is_none() && self.stored == reply.end()
    }

    /// Stores the whole reply and its end. A save in flight is dropped: this one includes it.
    ///
    /// # Errors
    /// Those of [`TurnStore::save_turn`].
    pub async fn end(&mut self, reply: &Reply, ending: Ending) -> Result<Signals, StoreError> {
        self.in_flight = Some(self.begin(reply, &[], Some(ending)));
        self.finish().await
    }

    /// Removes the segments of a reply that no longer exists. To be called by an owner that has lost the lease.
    ///
    /// # Errors
    /// Those of [`TurnStore::withdraw`].
    pub async fn withdraw(&mut self) -> Result<(), StoreError> {
        self.store.withdraw(&self.turn).await
    }

    /// Records that the end was delivered to all subscribers; `missed` if not all received it, `waits_until` if the turn
    /// waits.
    ///
    /// # Errors
    /// Those of [`TurnStore::mark_delivered`].
    pub async fn mark_delivered(&mut self, missed: bool, waits_until: Option<Timestamp>) -> Result<(), StoreError> {
        let owner = &self.lease.owner;
        self.store.mark_delivered(Delivered { turn: &self.turn, owner, missed, waits_until }).await
    }

    /// Ends the wait that [`Saver::end`] has stored; `entries` end the open calls.
    ///
    /// # Errors
    /// Those of [`TurnStore::close_waiting`].
    pub async fn end_wait(&mut self, entries: Vec<Entry>) -> Result<(), StoreError> {
        let (message_id, seen) = (self.turn.message_id.clone(), self.lease.clone());
        let closed = ClosedWait { message_id, seen, entries, is_delivered: false };
        self.store.close_waiting(&self.turn, &closed).await
    }

    /// The run of the turn that is saved.
    pub fn run(&self) -> RunId {
        RunId::beginning_at(&self.turn.message_id, self.lease.run_start)
    }

    /// Where outputs are stored that are too long for the log.
    pub fn outputs(&self) -> Arc<dyn OutputStore> {
        Arc::clone(&self.store) as _
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// How many saves were tried, the end included.
    pub fn saves(&self) -> u64 {
        self.saves
    }

    /// The number of this attempt; 1 for the first owner.
    pub fn attempt(&self) -> u32 {
        self.lease.attempt
    }

    async fn finish(&mut self) -> Result<Signals, StoreError> {
        let Some(saving) = &mut self.in_flight else {
            return Ok(Signals::default());
        };
        let saved = (&mut saving.write).await;
        if saved.is_ok() {
            self.segments = saving.segments;
            self.sealed = saving.sealed;
            self.valid_until = saving.begun + self.lease_time - self.lease_time / CLOCK_SKEW_DIVISOR;
            if saving.has_content {
                self.earlier = 0;
                self.stored = saving.end;
            }
        }
        self.in_flight = None;
        self.due.as_mut().reset(Instant::now() + INTERVAL);
        saved
    }

    fn begin(&mut self, reply: &Reply, dismissed: &[Subscriber], ending: Option<Ending>) -> PendingSave {
        self.saves += 1;
        self.lease = self.lease.renewed((self.clock)() + self.lease_time);
        let has_content = self.replaces_earlier(reply, ending);
        let (mut sealed, mut segments, mut tail) = (self.sealed, Vec::new(), None);
        if has_content {
            while reply.size_since(sealed) >= SEGMENT_BYTES {
                let end = reply.advance(sealed, MAX_SEGMENT_BYTES);
                segments.push(reply.between(sealed, end));
                sealed = end;
            }
            tail = Some(reply.between(sealed, reply.end()));
        }
        let writing = Writing {
            store: Arc::clone(&self.store),
            turn: self.turn.clone(),
            lease: self.lease.clone(),
            first: self.segments,
            segments,
            tail,
            dismissed: dismissed.to_vec(),
            model: ending.and(reply.model.clone()),
            usage: reply.usage,
            cost: reply.cost,
            timings: reply.timings,
            ending,
        };
        let (begun, segments, end) = (Instant::now(), writing.count(), reply.end());
        PendingSave { begun, segments, sealed, end, has_content, write: writing.write().boxed() }
    }
}

/// One save, independent of the reply, which keeps growing while it is written.
struct Writing {
    store: Arc<dyn TurnStore>,
    turn: TurnKey,
    lease: Lease,
    first: u32,
    segments: Vec<Vec<Entry>>,
    // `None` keeps what an earlier attempt has stored.
    tail: Option<Vec<Entry>>,
    dismissed: Vec<Subscriber>,
    model: Option<String>,
    usage: Option<Usage>,
    cost: Option<f64>,
    timings: Option<Timings>,
    ending: Option<Ending>,
}

impl Writing {
    fn count(&self) -> u32 {
        self.first + u32::try_from(self.segments.len()).unwrap_or(u32::MAX)
    }

    async fn write(self) -> Result<Signals, StoreError> {
        for (number, entries) in (self.first..).zip(&self.segments) {
            self.store.save_segment(&self.turn, &self.lease, number, entries).await?;
        }
        let save = Save {
            turn: &self.turn,
            lease: &self.lease,
            content: self.tail.as_deref().map(|tail| SavedContent { segments: self.count(), tail }),
            dismissed: &self.dismissed,
            ending: self.ending,
            model: self.model.as_deref(),
            usage: self.usage,
            cost: self.cost,
            timings: self.timings,
        };
        self.store.save_turn(save).await
    }
}
