//! Reads the whole output of a tool's call, page by page.

use super::{ConversationService, not_found};
use crate::caller::Caller;
use crate::conversation::{CallId, Entry};
use crate::db::{OutputPart, output_parts};
use crate::error::ChatError;
use crate::protocol::{GetOutput, OutputPage};
use crate::turn::TurnKey;

impl ConversationService {
    /// A page of the output of a call. What is not longer than a reply's log keeps is read from that.
    ///
    /// # Errors
    /// There is no such output, or the cursor is of something else.
    pub(super) async fn output(&self, caller: &Caller, request: &GetOutput) -> Result<OutputPage, ChatError> {
        let number = match &request.cursor {
            None => 0,
            Some(cursor) => cursor.parse().map_err(|_| ChatError::invalid_frame("its cursor is of another query"))?,
        };
        let turn = TurnKey {
            user_id: caller.user.clone(),
            conversation_id: request.id.clone(),
            message_id: request.message_id.clone(),
        };
        let call = CallId::named(&request.tool_call_id);
        let in_log = self.outcome(&turn, &call).await?.ok_or_else(not_found)?;
        let stored = self.turns.output_part(&turn, &call, number).await.map_err(ChatError::internal)?;
        let part = stored.or_else(|| output_parts(&in_log).into_iter().nth(number));
        let OutputPart { text, goes_on } = part.ok_or_else(not_found)?;
        Ok(OutputPage { output: text, next_cursor: goes_on.then(|| number.saturating_add(1).to_string()) })
    }

    // What the log has of the output of a call of this very reply.
    async fn outcome(&self, turn: &TurnKey, call: &CallId) -> Result<Option<String>, ChatError> {
        let head = self.store.head(&turn.user_id, &turn.conversation_id).await.map_err(ChatError::internal)?;
        if head.is_none() {
            return Ok(None);
        }
        let stored = self.turns.reply(turn).await.map_err(ChatError::internal)?;
        let entries = stored.map(|stored| stored.message.entries).unwrap_or_default();
        Ok(entries.into_iter().find_map(|entry| match entry {
            Entry::ToolOutput { call: of, outcome, .. } if of == *call => Some(outcome.shown.unwrap_or(outcome.text)),
            _ => None,
        }))
    }
}
