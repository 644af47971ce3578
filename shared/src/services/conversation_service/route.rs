//! The way through a conversation along one branch, read piece by piece in either direction.
//!
//! What is read is bounded by the places where the branch's stretches begin and end, and not found by following the
//! messages from one to the next: a message or a segment that is missing is passed over, and what lies behind it is read.

use crate::conversation::{Branches, ConversationId, MessageId, Stretch, Tip, UserId};
use crate::db::{ConversationStore, Piece, Place, StoreError};

/// The way to the tip of a branch.
pub struct Route<'a> {
    store: &'a dyn ConversationStore,
    user: &'a UserId,
    conversation: &'a ConversationId,
    path: Vec<Stretch>,
}

/// A place on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The number of the stretch, counted from the conversation's beginning.
    pub stretch: usize,
    /// The place.
    pub place: Place,
}

/// What was read of the way.
pub struct Leg {
    /// In the order of reading.
    pub pieces: Vec<Piece>,
    /// Where to read on; `None` at the end of the way.
    pub next: Option<Position>,
}

impl<'a> Route<'a> {
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
    pub fn beginning(&self) -> Position {
        // Where the first message was edited there are others before it.
        let first = self.path.first().and_then(|stretch| stretch.first.clone());
        Position { stretch: 0, place: first.map_or(Place::Oldest, Place::Before) }
    }

    /// Where to begin to read back.
    pub fn end(&self) -> Position {
        let stretch = self.path.len().saturating_sub(1);
        let place = self.path.last().map_or(Place::Oldest, |last| end_of(&last.last));
        Position { stretch, place }
    }

    /// Where a message of this way begins.
    pub fn before(&self, message: &MessageId) -> Position {
        let stretch = self.path.iter().rposition(|stretch| stretch.first.as_ref().is_none_or(|first| first <= message));
        Position { stretch: stretch.unwrap_or_default(), place: Place::Before(message.clone()) }
    }

    /// Reads back, at most so many items.
    ///
    /// # Errors
    /// The store cannot be asked.
    pub async fn back(&self, from: &Position, items: usize) -> Result<Leg, StoreError> {
        let Some(stretch) = self.path.get(from.stretch) else { return Ok(Leg { pieces: Vec::new(), next: None }) };
        let read =
            self.store.read_back(self.user, self.conversation, &from.place, stretch.first.as_ref(), items).await?;
        let place = read.next.map(|place| Position { stretch: from.stretch, place });
        let earlier = || {
            let stretch = from.stretch.checked_sub(1)?;
            Some(Position { stretch, place: end_of(&self.path[stretch].last) })
        };
        Ok(Leg { pieces: read.pieces, next: place.or_else(earlier) })
    }

    /// Reads on, at most so many items.
    ///
    /// # Errors
    /// The store cannot be asked.
    pub async fn on(&self, from: &Position, items: usize) -> Result<Leg, StoreError> {
        let Some(stretch) = self.path.get(from.stretch) else { return Ok(Leg { pieces: Vec::new(), next: None }) };
        let read = self.store.read_on(self.user, self.conversation, &from.place, &stretch.last, items).await?;
        let place = read.next.map(|place| Position { stretch: from.stretch, place });
        let later = || {
            let stretch = from.stretch + 1;
            let first = self.path.get(stretch)?.first.clone()?;
            Some(Position { stretch, place: Place::Before(first) })
        };
        Ok(Leg { pieces: read.pieces, next: place.or_else(later) })
    }
}

/// What of a message is on the pages before, when pages go on: it is skipped where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumption {
    /// Behind the last piece that is whole on the pages before.
    pub position: Position,
    /// So many bytes of the text behind it are on the pages before, all of one message.
    pub skipped: usize,
}

impl Resumption {
    /// Goes on at a position with nothing skipped.
    pub fn at(position: Position) -> Self {
        Self { position, skipped: 0 }
    }

    /// Goes on at a piece of a leg that was read from here, of which `written` bytes are on the page.
    pub fn within(&self, pieces: &[Piece], number: usize, written: usize) -> Self {
        let message = &pieces[number].of.message.id;
        let whole = number.checked_sub(1).map(|before| &pieces[before]).filter(|piece| piece.of.message.id == *message);
        let place = match whole {
            Some(whole) => whole.place_past(),
            None if number == 0 && message_of(&self.position.place) == Some(message) => self.position.place.clone(),
            None => Place::Before(message.clone()),
        };
        Self { position: Position { stretch: self.position.stretch, place }, skipped: written }
    }

    /// How many bytes of a piece that was read from here are on the pages before, given how many are still to be skipped.
    pub fn skips(&self, piece: &Piece, unskipped: &mut usize) -> usize {
        // They are of one message, which may have been removed meanwhile.
        if message_of(&self.position.place) != Some(&piece.of.message.id) {
            *unskipped = 0;
        }
        let skipped = piece.bytes().min(*unskipped);
        *unskipped -= skipped;
        skipped
    }
}

fn message_of(place: &Place) -> Option<&MessageId> {
    match place {
        Place::Oldest | Place::Newest | Place::After(_) => None,
        Place::Before(message) | Place::Message(message) | Place::Piece(message, _) | Place::Past(message, _) => {
            Some(message)
        }
    }
}

fn end_of(tip: &Tip) -> Place {
    match tip {
        Tip::At(message) => Place::Message(message.clone()),
        Tip::Before(message) => Place::Before(message.clone()),
    }
}
