//! Assembles the tool calls of a reply from their deltas, which servers send whole or in fragments, in sequence or
//! interleaved, with or without ids, indices and names.
//!
//! They are emitted in sequence: the deltas of a later call are buffered until the calls before it have ended.

mod call;
mod call_delta;

use self::call::Call;
pub use self::call_delta::CallDelta;
use super::Delta;

/// The most calls of one reply; further ones are dropped.
const MAX_CALLS: usize = 128;

/// The calls of one reply.
#[derive(Default)]
pub struct ToolCalls {
    calls: Vec<Call>,
    // How many of them have ended and are emitted.
    emitted: usize,
    is_full: bool,
}

impl ToolCalls {
    /// Whether there is any call.
    pub fn exist(&self) -> bool {
        self.calls.iter().any(Call::is_call)
    }

    /// Whether a call has begun that has not ended.
    pub fn are_open(&self) -> bool {
        self.emitted < self.calls.len()
    }

    /// Adds a delta to its call, which may be a new one.
    pub fn add(&mut self, delta: CallDelta) {
        if self.is_full {
            return;
        }
        match self.continued_by(&delta) {
            Some(place) => self.calls[place].add(delta),
            None if self.calls.len() < MAX_CALLS => self.calls.push(Call::of(delta)),
            // Further deltas may belong to the call that is dropped.
            None => self.is_full = true,
        }
    }

    /// Emits what is certain, in sequence. A call has ended if the server says so, or if its arguments are complete and
    /// something follows: another call, or other output (`is_followed`).
    pub fn emit_ready(&mut self, is_followed: bool, mut emit: impl FnMut(Delta)) {
        let count = self.calls.len();
        while let Some(call) = self.calls.get_mut(self.emitted) {
            let next = self.emitted.saturating_add(1);
            if !call.has_ended && !((is_followed || next < count) && call.is_complete()) {
                return call.emit_ready(&mut emit);
            }
            call.end(&mut emit);
            self.emitted = next;
        }
    }

    /// Emits the rest: the reply has ended, and with it all calls.
    pub fn finish(&mut self, mut emit: impl FnMut(Delta)) {
        self.calls.iter_mut().skip(self.emitted).for_each(|call| call.end(&mut emit));
        self.emitted = self.calls.len();
    }

    // The position of the call that the delta belongs to; `None` if it starts a new one.
    fn continued_by(&self, delta: &CallDelta) -> Option<usize> {
        let last = self.calls.len().checked_sub(1);
        let of_id = || self.calls.iter().rposition(|call| !delta.id.is_empty() && call.id == delta.id);
        let at_index = self.calls.iter().rposition(|call| delta.index.is_some() && call.index == delta.index);
        if delta.begins {
            return None;
        }
        match (delta.index, delta.tool.is_empty()) {
            (Some(_), true) if at_index.is_none() => match delta.id.is_empty() {
                true => last,
                false => of_id(),
            },
            (Some(_), true) => at_index,
            (None, true) => of_id().or(last),
            (Some(_), false) => at_index.filter(|place| self.calls[*place].may_continue_with(delta)),
            (None, false) => of_id().or(last).filter(|place| self.calls[*place].may_continue_with(delta)),
        }
    }
}

#[cfg(test)]
mod tests;
