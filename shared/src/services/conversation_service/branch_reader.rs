//! Reads a conversation along one branch, piece by piece in either direction.
//!
//! Reads are bounded by where the branch's linear segments begin and end, and do not follow messages from one to the
//! next: a missing message or reply segment is skipped, and what lies behind it is read.

use crate::conversation::{Branches, ConversationId, LinearSegment, MessageId, Tip, UserId};
use crate::db::{HistoryPosition, MessageReader, Piece, StoreError};

/// Reads the branch that ends with a tip.
pub struct BranchReader<'a> {
    store: &'a dyn MessageReader,
    user: &'a UserId,
    conversation: &'a ConversationId,
    path: Vec<LinearSegment>,
}

/// A position on the branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchPosition {
    /// The index of the linear segment, counted from the conversation's beginning.
    pub segment: usize,
    /// The position in it.
    pub at: HistoryPosition,
}

/// The pieces of one read.
pub struct BranchRead {
    /// In the order of reading.
    pub pieces: Vec<Piece>,
    /// Where to read on; `None` at the end of the branch.
    pub next: Option<BranchPosition>,
}

impl<'a> BranchReader<'a> {
    /// Creates a reader of the branch to `tip`, which stays fixed while the conversation goes on.
    pub fn new(
        store: &'a dyn MessageReader,
        user: &'a UserId,
        conversation: &'a ConversationId,
        branches: &Branches,
        tip: &Tip,
    ) -> Self {
        Self { store, user, conversation, path: branches.path(tip) }
    }

    /// Where reading forwards begins.
    pub fn beginning(&self) -> BranchPosition {
        // If the first message was edited there are others before it.
        let first = self.path.first().and_then(|segment| segment.first.clone());
        BranchPosition { segment: 0, at: first.map_or(HistoryPosition::Oldest, HistoryPosition::Before) }
    }

    /// Where reading backwards begins.
    pub fn end(&self) -> BranchPosition {
        let segment = self.path.len().saturating_sub(1);
        let at = self.path.last().map_or(HistoryPosition::Oldest, |last| end_of(&last.last));
        BranchPosition { segment, at }
    }

    /// The position before a message of this branch.
    pub fn before(&self, message: &MessageId) -> BranchPosition {
        let segment = self.path.iter().rposition(|segment| segment.first.as_ref().is_none_or(|first| first <= message));
        BranchPosition { segment: segment.unwrap_or_default(), at: HistoryPosition::Before(message.clone()) }
    }

    /// Reads backwards, at most `items` items.
    ///
    /// # Errors
    /// The store is unavailable.
    pub async fn read_backwards(&self, from: &BranchPosition, items: usize) -> Result<BranchRead, StoreError> {
        let Some(segment) = self.path.get(from.segment) else {
            return Ok(BranchRead { pieces: Vec::new(), next: None });
        };
        let read =
            self.store.read_backwards(self.user, self.conversation, &from.at, segment.first.as_ref(), items).await?;
        let at = read.next.map(|at| BranchPosition { segment: from.segment, at });
        let earlier = || {
            let segment = from.segment.checked_sub(1)?;
            Some(BranchPosition { segment, at: end_of(&self.path[segment].last) })
        };
        Ok(BranchRead { pieces: read.pieces, next: at.or_else(earlier) })
    }

    /// Reads forwards, at most `items` items.
    ///
    /// # Errors
    /// The store is unavailable.
    pub async fn read_forwards(&self, from: &BranchPosition, items: usize) -> Result<BranchRead, StoreError> {
        let Some(segment) = self.path.get(from.segment) else {
            return Ok(BranchRead { pieces: Vec::new(), next: None });
        };
        let read = self.store.read_forwards(self.user, self.conversation, &from.at, &segment.last, items).await?;
        let at = read.next.map(|at| BranchPosition { segment: from.segment, at });
        let later = || {
            let segment = from.segment + 1;
            let first = self.path.get(segment)?.first.clone()?;
            Some(BranchPosition { segment, at: HistoryPosition::Before(first) })
        };
        Ok(BranchRead { pieces: read.pieces, next: at.or_else(later) })
    }
}

/// Where paging resumes: what earlier pages contain of a message is skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumption {
    /// After the last piece that earlier pages contain completely.
    pub position: BranchPosition,
    /// How much of the log after it earlier pages contain, all of one message.
    pub skipped: usize,
}

impl Resumption {
    /// Resumes at a position with nothing skipped.
    pub fn at(position: BranchPosition) -> Self {
        Self { position, skipped: 0 }
    }

    /// Resumes at one of the pieces that were read from here, of whose log `written` is on the page.
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

    /// How much of a piece's log earlier pages contain, given how many are still to be skipped.
    pub fn skips(&self, piece: &Piece, unskipped: &mut usize) -> usize {
        // They are of one message, which may have been removed meanwhile.
        if message_of(&self.position.at) != Some(&piece.of.message.id) {
            *unskipped = 0;
        }
        let skipped = piece.size().min(*unskipped);
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
