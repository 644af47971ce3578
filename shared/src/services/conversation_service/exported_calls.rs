//! The calls of a message in a file: what became of a call is written where it began, however much came between.

use std::collections::HashSet;

use crate::conversation::{CallId, Entry, Message};
use crate::db::{Piece, StoreError, TurnStore};
use crate::protocol::{Part, fold};
use crate::turn::TurnKey;

/// The calls of a message.
#[derive(Default)]
pub struct ExportedCalls {
    parts: Vec<Part>,
    // Those that began before their arguments were complete.
    started: HashSet<CallId>,
}

impl ExportedCalls {
    /// The calls of a whole message.
    pub fn of(message: Message) -> Self {
        let started = message.entries.iter().filter_map(|entry| match entry {
            Entry::ToolStart { call, .. } => Some(call.clone()),
            _ => None,
        });
        Self { started: started.collect(), parts: fold(message.entries, message.status.has_ended()) }
    }

    /// Reads the calls of the message of `piece`.
    ///
    /// # Errors
    /// The store is unavailable.
    pub async fn read(turns: &dyn TurnStore, piece: &Piece) -> Result<Self, StoreError> {
        let Message { user_id, conversation_id, id, .. } = piece.of.message.clone();
        let whole = turns.reply(&TurnKey { user_id, conversation_id, message_id: id }).await?;
        Ok(whole.map(|whole| Self::of(whole.message)).unwrap_or_default())
    }

    /// The call that begins with this entry.
    pub fn beginning_with(&self, entry: &Entry) -> Option<&Part> {
        let call = match entry {
            Entry::ToolStart { call, .. } => call,
            Entry::ToolCall { call, .. } if !self.started.contains(call) => call,
            _ => return None,
        };
        let is_of = |part: &&Part| matches!(part, Part::Tool(part) if part.tool_call_id == call.as_str());
        self.parts.iter().find(is_of)
    }
}

/// Whether calls begin in `piece`.
pub fn has_calls(piece: &Piece) -> bool {
    piece.entries.iter().any(|entry| matches!(entry, Entry::ToolStart { .. } | Entry::ToolCall { .. }))
}
