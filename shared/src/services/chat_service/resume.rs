//! How a client follows a running turn.

use std::time::Duration;

use super::begin::MAX_ATTEMPTS;
use super::{ChatService, Turn};
use crate::caller::Caller;
use crate::conversation::Timestamp;
use crate::db::{ConversationSnapshot, StoreError, StoredMessage, Subscription};
use crate::error::ChatError;
use crate::gateway::too_many_followers;
use crate::protocol::ResumeFrame;
use crate::turn::{HeadState, Subscriber, TurnKey};

/// For how long after its end a reply is shown again to who missed that. Later it is history.
const REPLAY_RETENTION: Duration = Duration::from_secs(10 * 60);

/// How long API Gateway may go on taking posts for a connection that has broken off. One that broke off later had the end.
const LOSS_DETECTION_DELAY: Duration = Duration::from_secs(2);

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
    /// on live. A turn whose owner is gone is taken over. One that has ended is shown again to those who missed its end, so
    /// that what they show is what is stored.
    ///
    /// # Errors
    /// A typed error for the client.
    pub async fn resume(&self, caller: &Caller, frame: &ResumeFrame) -> Result<Resumed, ChatError> {
        let subscriber = Subscriber { connection: caller.connection.clone(), request: frame.request_id.clone() };
        for _ in 0..MAX_ATTEMPTS {
            let now = (self.clock)();
            let has_owner = |head: &StoredMessage| !matches!(state_of(head, now), HeadState::Abandoned);
            let snapshot = self.load_head(&caller.user, &frame.conversation_id, has_owner).await;
            match self.try_resume(caller, &subscriber, snapshot.map_err(ChatError::internal)?, now).await {
                // It ended, or somebody else took it over, concurrently: look again.
                Ok(None) | Err(ResumeError::Store(StoreError::LeaseLost)) => {}
                Ok(Some(resumed)) => return Ok(resumed),
                Err(ResumeError::TooManyFollowers) => return Err(too_many_followers()),
                Err(ResumeError::Store(error)) => return Err(ChatError::internal(error)),
            }
        }
        Ok(Resumed::Nothing)
    }

    async fn try_resume(
        &self,
        caller: &Caller,
        subscriber: &Subscriber,
        snapshot: ConversationSnapshot,
        now: Timestamp,
    ) -> Result<Option<Resumed>, ResumeError> {
        let Some(head) = snapshot.head().cloned() else {
            return Ok(Some(Resumed::Nothing));
        };
        let turn = TurnKey {
            user_id: caller.user.clone(),
            conversation_id: head.message.conversation_id.clone(),
            message_id: head.message.id.clone(),
        };
        match state_of(&head, now) {
            HeadState::Running => Ok(match self.store.subscribe(&turn, subscriber, now).await? {
                Subscription::Following => Some(Resumed::Following),
                Subscription::Full => return Err(ResumeError::TooManyFollowers),
                Subscription::NotRunning => None,
                Subscription::Stopped if self.is_replaced(&turn, subscriber).await? => Some(Resumed::Nothing),
                Subscription::Stopped => {
                    self.store.request_stop(&turn).await?;
                    None
                }
            }),
            HeadState::Abandoned => Ok(self.recover(&turn, snapshot, Some(subscriber)).await?.map(Resumed::Here)),
            HeadState::Ended if self.was_missed(&head, caller, now).await? => {
                let mut audience = self.audience();
                audience.replay(subscriber.clone());
                let reply = self.store.reply(&turn).await?.and_then(StoredMessage::into_reply);
                let on_timeout = self.notify_interrupted(&turn.user_id, vec![subscriber.clone()]);
                Ok(reply.map(|reply| Resumed::Here(Turn::replaying(reply, audience, on_timeout))))
            }
            HeadState::Ended => Ok(Some(Resumed::Nothing)),
        }
    }

    // Whether the caller may show less of a reply than is stored, or something else: its end was not told, or not taken by all, it
    // was written twice, the caller was there and did not follow it, or a connection that did broke off before its end can have
    // arrived. Who followed it to the end, or came after it, needs it no more: also when the page was closed since.
    async fn was_missed(&self, head: &StoredMessage, caller: &Caller, now: Timestamp) -> Result<bool, StoreError> {
        let Some(lease) = head.lease.as_ref().filter(|lease| lease.expires_at + REPLAY_RETENTION > now) else {
            return Ok(false);
        };
        if head.is_due || head.missed || lease.attempt > 1 {
            return Ok(true);
        }
        if head.subscribers.iter().any(|subscriber| subscriber.connection == caller.connection) {
            return Ok(false);
        }
        let ended_at = lease.expires_at - self.lease_time;
        if caller.connected_at < ended_at {
            return Ok(true);
        }
        let lost = self.notifier.connections.lost_connections(&head.message.user_id, now).await?;
        let mut lost = lost.iter().filter(|(_, at)| *at < ended_at + LOSS_DETECTION_DELAY);
        Ok(lost.any(|(lost, _)| head.subscribers.iter().any(|subscriber| subscriber.connection == *lost)))
    }
}

/// Why a turn is not resumed.
enum ResumeError {
    /// Too many want to follow it at this moment.
    TooManyFollowers,
    /// The store fails, or what was read is no longer so.
    Store(StoreError),
}

impl From<StoreError> for ResumeError {
    fn from(error: StoreError) -> Self {
        ResumeError::Store(error)
    }
}

fn state_of(head: &StoredMessage, now: Timestamp) -> HeadState {
    HeadState::of(head.message.status, head.lease.as_ref(), now)
}
