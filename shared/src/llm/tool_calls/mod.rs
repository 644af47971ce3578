//! Puts together the tool calls of a reply from what servers send of them: whole or in pieces, one after another or
//! interleaved, with ids, places and names or without.
//!
//! They leave it one after another: what comes of a later call is held back until the ones before it have ended.

mod call;
mod piece;

use self::call::Call;
pub use self::piece::CallPiece;
use super::Delta;

/// The most calls of one reply. What follows them is dropped.
const MAX_CALLS: usize = 128;

/// The calls of one reply.
#[derive(Default)]
pub struct ToolCalls {
    calls: Vec<Call>,
    // How many of them have ended and were passed on as a whole.
    passed: usize,
    is_full: bool,
}

impl ToolCalls {
    /// Whether any call has begun.
    pub fn have_begun(&self) -> bool {
        !self.calls.is_empty()
    }

    /// Whether a call has begun that has not ended.
    pub fn are_open(&self) -> bool {
        self.passed < self.calls.len()
    }

    /// Takes a piece.
    pub fn read(&mut self, piece: CallPiece) {
        if self.is_full {
            return;
        }
        match self.continued_by(&piece) {
            Some(place) => self.calls[place].add(piece),
            None if self.calls.len() < MAX_CALLS => self.calls.push(Call::of(piece)),
            // What comes now may belong to the call that is not taken.
            None => self.is_full = true,
        }
    }

    /// Passes on what is certain, in order. A call has certainly ended if the server says so, or if its arguments are
    /// whole and something else follows: another call, or what `is_followed` tells of.
    pub fn pass_on(&mut self, is_followed: bool, mut say: impl FnMut(Delta)) {
        let count = self.calls.len();
        while let Some(call) = self.calls.get_mut(self.passed) {
            let next = self.passed.saturating_add(1);
            if !call.has_ended && !((is_followed || next < count) && call.is_whole()) {
                return call.pass_on(&mut say);
            }
            call.end(&mut say);
            self.passed = next;
        }
    }

    /// Passes on the rest: the reply has ended, and with it all calls.
    pub fn finish(&mut self, mut say: impl FnMut(Delta)) {
        self.calls.iter_mut().skip(self.passed).for_each(|call| call.end(&mut say));
        self.passed = self.calls.len();
    }

    // The place of the call that the piece belongs to; `None` if it begins one.
    fn continued_by(&self, piece: &CallPiece) -> Option<usize> {
        let last = self.calls.len().checked_sub(1);
        let of_id = || self.calls.iter().rposition(|call| !piece.id.is_empty() && call.id == piece.id);
        let at_index = self.calls.iter().rposition(|call| piece.index.is_some() && call.index == piece.index);
        if piece.begins {
            return None;
        }
        match (piece.index, piece.tool.is_empty()) {
            (Some(_), true) if at_index.is_none() => match piece.id.is_empty() {
                true => last,
                false => of_id(),
            },
            (Some(_), true) => at_index,
            (None, true) => of_id().or(last),
            (Some(_), false) => at_index.filter(|place| self.calls[*place].may_go_on_with(piece)),
            (None, false) => of_id().or(last).filter(|place| self.calls[*place].may_go_on_with(piece)),
        }
    }
}

#[cfg(test)]
mod tests;
