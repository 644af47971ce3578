//! How a client follows a running turn, and how it stops one.

use super::{ChatService, Turn};
use crate::caller::Caller;
use crate::conversation::{RequestId, Timestamp};
use crate::db::Subscriber;
use crate::error::ChatError;
use crate::protocol::ResumeFrame;
use crate::reply::Reply;
use crate::turn::{Ending, HeadState, Status, TurnKey};

/// What a `resume` comes to.
pub enum Resumed {
    /// There is nothing to resume.
    Nothing,
    /// The owner of the running turn shows it.
    Following,
    /// This function shows it.
    Here(Turn),
}

impl ChatService {
    /// Attaches the caller to the running turn of a conversation: its owner shows the reply from the beginning and goes
    /// on live. A turn whose owner is gone is taken over. One that was interrupted is shown as far as it is stored, so
    /// that a client which saw more than could be saved comes to what is kept.
    ///
    /// # Errors
    /// A typed error for the client.
    pub async fn resume(&self, caller: &Caller, frame: &ResumeFrame) -> Result<Resumed, ChatError> {
        let now = Timestamp::now();
        let items = self.memory.items_to_read();
        let opened = self.store.open(&caller.user, &frame.conversation_id, items).await.map_err(ChatError::internal)?;
        let Some(head) = opened.head() else {
            return Ok(Resumed::Nothing);
        };
        let turn = TurnKey {
            user_id: caller.user.clone(),
            conversation_id: frame.conversation_id.clone(),
            message_id: head.message.id.clone(),
        };
        let subscriber = Subscriber { connection: caller.connection.clone(), request: frame.request_id.clone() };
        match (HeadState::of(head.message.status, head.lease.as_ref(), now), head.message.status) {
            (HeadState::Running, _) => {
                match self.store.subscribe(&turn, &subscriber, now).await.map_err(ChatError::internal)? {
                    true => Ok(Resumed::Following),
                    // It ended at this very moment; what there is to show is in the history.
                    false => Ok(Resumed::Nothing),
                }
            }
            (HeadState::Abandoned, _) => match self.rescue(&turn, opened, Some(&subscriber)).await {
                Ok(Some(turn)) => Ok(Resumed::Here(turn)),
                Ok(None) => self.show_interrupted(&turn, subscriber).await,
                Err(error) => Err(ChatError::internal(error)),
            },
            (HeadState::Ended, Status::Interrupted) => self.show_interrupted(&turn, subscriber).await,
            (HeadState::Ended, _) => Ok(Resumed::Nothing),
        }
    }

    async fn show_interrupted(&self, turn: &TurnKey, subscriber: Subscriber) -> Result<Resumed, ChatError> {
        let written = self.store.reply(turn).await.map_err(ChatError::internal)?;
        Ok(match written {
            Some(written) if written.message.status == Status::Interrupted => {
                let mut audience = self.audience();
                audience.replay(subscriber);
                Resumed::Here(Turn::showing(Reply::stored(written.message, Ending::Interrupted), audience))
            }
            // Somebody else has taken it over meanwhile.
            Some(_) | None => Resumed::Nothing,
        })
    }

    /// Asks for the end of the turn that a request of this connection started or resumed. A turn that has ended, or never
    /// was, is left as it is.
    ///
    /// # Errors
    /// A typed error for the client.
    pub async fn stop(&self, caller: &Caller, request: &RequestId) -> Result<(), ChatError> {
        let turn = self.store.turn_of_request(&caller.user, &caller.connection, request).await;
        if let Some(turn) = turn.map_err(ChatError::internal)? {
            self.store.request_stop(&turn).await.map_err(ChatError::internal)?;
        }
        Ok(())
    }
}
