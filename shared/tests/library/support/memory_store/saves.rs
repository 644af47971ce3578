//! Saves of a reply, delayed ones included.

use natter::conversation::{Entry, Status, size_of};
use natter::db::{Save, SavedContent, Signals, StoreError, StoredMessage};
use natter::turn::{Ending, Lease, TurnKey};

use super::{Delayed, DelayedWrite, State, Stored};

impl State {
    // Whether the next write of a reply is delayed.
    pub(super) fn delays(&mut self) -> bool {
        let delays = self.to_delay > 0;
        self.to_delay = self.to_delay.saturating_sub(1);
        delays
    }

    // Applies a delayed write. Its sender no longer waits for the result.
    pub(super) fn deliver(&mut self, Delayed { turn, lease, write }: Delayed) {
        match write {
            DelayedWrite::Segment { number, entries } => drop(self.put_segment(&turn, &lease, number, &entries)),
            DelayedWrite::Save { content, ending } => {
                let content = content.as_ref().map(|(segments, tail)| SavedContent { segments: *segments, tail });
                let save = Save {
                    turn: &turn,
                    lease: &lease,
                    content,
                    dismissed: &[],
                    ending,
                    model: None,
                    usage: None,
                    cost: None,
                    timings: None,
                };
                drop(self.save(save));
            }
        }
    }

    pub(super) fn put_segment(
        &mut self,
        turn: &TurnKey,
        lease: &Lease,
        number: u32,
        entries: &[Entry],
    ) -> Result<(), StoreError> {
        let stored = self.turn(turn).ok_or(StoreError::LeaseLost)?;
        let piece = stored.segments.entry((lease.attempt, number)).or_default();
        if size_of(piece) > size_of(entries) {
            return Err(StoreError::LeaseLost);
        }
        *piece = entries.to_vec();
        Ok(())
    }

    pub(super) fn save(&mut self, save: Save<'_>) -> Result<Signals, StoreError> {
        let stored = self.turn(save.turn).ok_or(StoreError::LeaseLost)?;
        let is_owner = stored.written.lease.as_ref().is_some_and(|lease| lease.owner == save.lease.owner);
        let is_next = stored.written.lease.as_ref().is_some_and(|lease| lease.renewals < save.lease.renewals);
        let is_repetition = stored.written.message.status == save.status();
        if !is_owner || !(is_next && stored.is_streaming() || is_repetition) {
            return Err(StoreError::LeaseLost);
        }
        if stored.is_streaming() && is_next {
            stored.write(save);
            if save.ending.is_some_and(|ending| ending != Ending::Waiting) {
                *self.ends.entry(save.turn.message_id.clone()).or_default() += 1;
            }
        }
        let written = &self.turn(save.turn).ok_or(StoreError::LeaseLost)?.written;
        Ok(Signals { stop_requested: written.stop_requested, subscribers: Some(written.subscribers.clone()) })
    }

    // Ends a turn in the name of somebody who is not its owner.
    pub(super) fn close(&mut self, turn: &TurnKey, closer: &str) {
        let Some(stored) = self.turn(turn) else { return };
        stored.written.message.status = Status::Interrupted;
        stored.written.ending = Some(Ending::Interrupted);
        if let Some(lease) = &mut stored.written.lease {
            lease.owner = closer.to_owned();
        }
        *self.ends.entry(turn.message_id.clone()).or_default() += 1;
    }
}

impl Stored {
    fn write(&mut self, save: Save<'_>) {
        let StoredMessage { message, subscribers, lease, ending, .. } = &mut self.written;
        if let Some(SavedContent { segments, tail }) = save.content {
            self.content = (save.lease.attempt, segments, tail.to_vec());
        }
        message.status = save.status();
        message.model = save.model.map(str::to_owned).or(message.model.take());
        message.usage = save.usage;
        message.cost = save.cost;
        message.timings = save.timings;
        subscribers.retain(|subscriber| !save.dismissed.contains(subscriber));
        *lease = Some(save.lease.clone());
        *ending = save.ending;
    }
}
