//! The way through a conversation along one branch, read piece by piece in either direction.
//!
//! What is read is bounded by the places where the branch's stretches begin and end, and not found by following the
//! messages from one to the next: a message or a segment that is missing is skipped, and what lies behind it is read.

use crate::conversation::{Branches, ConversationId, LinearSegment, MessageId, Tip, UserId};
use crate::db::{ConversationStore, HistoryPosition, Piece, StoreError};

/// The way to the tip of a branch.
pub struct BranchReader<'a> {
    store: &'a dyn ConversationStore,
    user: &'a UserId,
    conversation: &'a ConversationId,
    path: Vec<LinearSegment>,
}

/// A place on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchPosition {
    /// The number of the stretch, counted from the conversation's beginning.
    pub segment: usize,
    /// The place.
    pub at: HistoryPosition,
}

/// What was read of the way.
pub struct BranchRead {
    /// In the order of reading.
    pub pieces: Vec<Piece>,
    /// Where to read on; `None` at the end of the way.
    pub next: Option<BranchPosition>,
}

impl<'a> BranchReader<'a> {
    /// The way to `tip`, which stays the same while the conversation goes on.
    pub fn new(
        store: &'a dyn ConversationStore,
        user: &'a UserId,
        conversation: &'a ConversationId,
        branches: &Branches,
        tip: &Tip,
    ) -> Self {
        Self { store, user, conversation, path: branches.path(tip) }
    }

    /// Where to begin to read on.
    pub fn beginning(&self) -> BranchPosition {
        // Where the first message was edited there are others before it.
        let first = self.path.first().and_then(|segment| segment.first.clone());
        BranchPosition { segment: 0, at: first.map_or(HistoryPosition::Oldest, HistoryPosition::Before) }
    }

    /// Where to begin to read back.
    pub fn end(&self) -> BranchPosition {
        let segment = self.path.len().saturating_sub(1);
        let at = self.path.last().map_or(HistoryPosition::Oldest, |last| end_of(&last.last));
        BranchPosition { segment, at }
    }

    /// Where a message of this way begins.
    pub fn before(&self, message: &MessageId) -> BranchPosition {
        let segment = self.path.iter().rposition(|segment| segment.first.as_ref().is_none_or(|first| first <= message));
        BranchPosition { segment: segment.unwrap_or_default(), at: HistoryPosition::Before(message.clone()) }
    }

    /// Reads back, at most so many items.
    ///
    /// # Errors
    /// The store is unavailable.
    pub async fn back(&self, from: &BranchPosition, items: usize) -> Result<BranchRead, StoreError> {
        let Some(segment) = self.path.get(from.segment) else {
            return Ok(BranchRead { pieces: Vec::new(), next: None });
        };
        let read = self.store.read_back(self.user, self.conversation, &from.at, segment.first.as_ref(), items).await?;
        let at = read.next.map(|at| BranchPosition { segment: from.segment, at });
        let earlier = || {
            let segment = from.segment.checked_sub(1)?;
            Some(BranchPosition { segment, at: end_of(&self.path[segment].last) })
        };
        Ok(BranchRead { pieces: read.pieces, next: at.or_else(earlier) })
    }

    /// Reads on, at most so many items.
    ///
    /// # Errors
    /// The store is unavailable.
    pub async fn on(&self, from: &BranchPosition, items: usize) -> Result<BranchRead, StoreError> {
        let Some(segment) = self.path.get(from.segment) else {
            return Ok(BranchRead { pieces: Vec::new(), next: None });
        };
        let read = self.store.read_on(self.user, self.conversation, &from.at, &segment.last, items).await?;
        let at = read.next.map(|at| BranchPosition { segment: from.segment, at });
        let later = || {
            let segment = from.segment + 1;
            let first = self.path.get(segment)?.first.clone()?;
            Some(BranchPosition { segment, at: HistoryPosition::Before(first) })
        };
        Ok(BranchRead { pieces: read.pieces, next: at.or_else(later) })
    }
}

/// What of a message is on the pages before, when pages go on: it is skipped where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumption {
    /// Behind the last piece that is whole on the pages before.
    pub position: BranchPosition,
    /// So many bytes of the text behind it are on the pages before, all of one message.
    pub skipped: usize,
}

impl Resumption {
    /// Goes on at a position with nothing skipped.
    pub fn at(position: BranchPosition) -> Self {
        Self { position, skipped: 0 }
    }

    /// Goes on at a piece of a leg that was read from here, of which `written` bytes are on the page.
    pub fn within(&self, pieces: &[Piece], number: usize, written: usize) -> Self {
        let message = &pieces[number].of.message.id;
        let whole = number.checked_sub(1).map(|before| &pieces[before]).filter(|piece| piece.of.message.id == *message);
        let at = match whole {
            Some(whole) => whole.position_past(),
            None if number == 0 && message_of(&self.position.at) == Some(message) => self.position.at.clone(),
            None => HistoryPosition::Before(message.clone()),
        };
        Self { position: BranchPosition { segment: self.position.segment, at }, skipped: written }
    }

    /// How many bytes of a piece that was read from here are on the pages before, given how many are still to be skipped.
    pub fn skips(&self, piece: &Piece, unskipped: &mut usize) -> usize {
        // They are of one message, which may have been removed meanwhile.
        if message_of(&self.position.at) != Some(&piece.of.message.id) {
            *unskipped = 0;
        }
        let skipped = piece.bytes().min(*unskipped);
        *unskipped -= skipped;
        skipped
    }
}

fn message_of(at: &HistoryPosition) -> Option<&MessageId> {
    match at {
        HistoryPosition::Oldest | HistoryPosition::Newest | HistoryPosition::After(_) => None,
        HistoryPosition::Before(message)
        | HistoryPosition::Message(message)
        | HistoryPosition::Piece(message, _)
        | HistoryPosition::Past(message, _) => Some(message),
    }
}

fn end_of(tip: &Tip) -> HistoryPosition {
    match tip {
        Tip::At(message) => HistoryPosition::Message(message.clone()),
        Tip::Before(message) => HistoryPosition::Before(message.clone()),
    }
}
