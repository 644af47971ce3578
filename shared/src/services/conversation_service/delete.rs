//! The end of a conversation.
//!
//! It is marked at once, and from then on it is in no answer and takes no message. Its running reply is stopped, by its
//! owner, as if the user had pressed stop. What is stored of it is removed after the answer, and once more by the sweep:
//! that makes up for a function that died on the way, and finds what the owner of the reply wrote meanwhile.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::join_all;

use super::{ConversationService, Performed};
use crate::caller::Caller;
use crate::conversation::ConversationId;
use crate::db::StoreError;
use crate::error::ChatError;
use crate::protocol::{Done, Notice, OperationResult};
use crate::turn::TurnKey;

/// After so many leases the sweep looks for what is left: the owner of a reply that ran has ended it, or is gone.
const LEASES: u32 = 3;

/// The most conversations of one sweep.
const MAX_DELETIONS: usize = 100;

impl ConversationService {
    /// Deletes a conversation. One that is not there is no error.
    ///
    /// # Errors
    /// A typed error for the client; the conversation may be deleted all the same.
    pub(super) async fn delete(
        self: &Arc<Self>,
        caller: &Caller,
        conversation: &ConversationId,
    ) -> Result<Performed, ChatError> {
        let now = (self.clock)();
        let last_turn = self.store.mark_deleted(&caller.user, conversation, now, now + self.lease_time * LEASES).await;
        let last_turn = last_turn.map_err(ChatError::internal)?;
        let is_running = match &last_turn {
            Some(turn) => self.turns.request_stop(turn).await.map_err(ChatError::internal)?,
            None => false,
        };
        let service = Arc::clone(self);
        let afterwards = async move {
            let Some(turn) = last_turn else { return };
            let notified = service.notify_deleted(&turn);
            let purged = service.purge(&turn, is_running);
            if let (_, Err(error)) = tokio::join!(notified, purged) {
                tracing::warn!(%error, "purging a deleted conversation failed; the sweep will retry");
            }
        };
        Ok(Performed { result: OperationResult::Done(Done {}), afterwards: afterwards.boxed() })
    }

    /// Removes what is left of deleted conversations.
    ///
    /// # Errors
    /// The store is unavailable. A conversation that cannot be removed now is only logged: it is found again.
    pub async fn finish_deletions(&self) -> Result<(), StoreError> {
        let due = self.store.due_deletions((self.clock)(), MAX_DELETIONS).await?;
        join_all(due.iter().map(async |turn| {
            if let Err(error) = self.finish_deletion(turn).await {
                tracing::warn!(%error, "purging a deleted conversation failed; the next sweep will retry");
            }
        }))
        .await;
        Ok(())
    }

    async fn finish_deletion(&self, turn: &TurnKey) -> Result<(), StoreError> {
        let is_running = self.turns.request_stop(turn).await?;
        self.purge(turn, is_running).await?;
        match is_running {
            // Its end is told before it is removed: by its owner, or by the sweep if that is gone.
            true => Ok(()),
            false => self.store.mark_purged(&turn.user_id, &turn.conversation_id, (self.clock)()).await,
        }
    }

    async fn purge(&self, turn: &TurnKey, is_running: bool) -> Result<(), StoreError> {
        let except = is_running.then_some(&turn.message_id);
        self.store.purge_messages(&turn.user_id, &turn.conversation_id, except).await
    }

    async fn notify_deleted(&self, turn: &TurnKey) {
        let notice = Notice::ConversationDeleted { id: turn.conversation_id.as_str() };
        self.notifier.send_to_all(&turn.user_id, None, notice).await;
    }
}
