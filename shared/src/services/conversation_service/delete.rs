//! Deletes conversations: tombstone, then purge.
//!
//! The tombstone is written at once; from then on the conversation is in no answer and accepts no message. Its running
//! reply is stopped by its owner, as if the user had pressed stop. What is stored of it is purged after the answer, and
//! once more by the sweep, in case the function died on the way or the owner of the reply wrote something meanwhile.

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

/// After this many lease times the sweep purges again: by then the owner of a running reply has ended it, or its lease
/// has expired.
const LEASES: u32 = 3;

/// The most conversations that one sweep purges.
const MAX_DELETIONS: usize = 100;

impl ConversationService {
    /// Deletes a conversation. Not an error if there is none.
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

    /// Purges what is left of deleted conversations.
    ///
    /// # Errors
    /// The store is unavailable. A conversation that cannot be purged now is only logged: the next sweep finds it
    /// again.
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
            // Its end is delivered before it is purged: by its owner, or by the sweep if the owner is dead.
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
