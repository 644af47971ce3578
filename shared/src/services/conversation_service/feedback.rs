//! A user's feedback on a message.

use super::{ConversationService, not_found};
use crate::caller::Caller;
use crate::error::ChatError;
use crate::protocol::{Done, GiveFeedback};
use crate::turn::TurnKey;

impl ConversationService {
    /// Stores the caller's feedback on a message, replacing an earlier one.
    ///
    /// # Errors
    /// There is no such message.
    pub(super) async fn keep_feedback(&self, caller: &Caller, request: &GiveFeedback) -> Result<Done, ChatError> {
        let head = self.store.head(&caller.user, &request.id).await.map_err(ChatError::internal)?;
        head.ok_or_else(not_found)?;
        let message = TurnKey {
            user_id: caller.user.clone(),
            conversation_id: request.id.clone(),
            message_id: request.message_id.clone(),
        };
        let kept = self.store.set_feedback(&message, request.rating.feedback(), request.comment.as_deref()).await;
        match kept.map_err(ChatError::internal)? {
            true => Ok(Done {}),
            false => Err(not_found()),
        }
    }
}
