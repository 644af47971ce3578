//! How a client subscribes to a running turn.

use std::time::Duration;

use super::attempts::MAX_ATTEMPTS;
use super::{ChatService, Turn};
use crate::caller::Caller;
use crate::conversation::{Status, Timestamp};
use crate::db::{ConversationSnapshot, StoreError, StoredMessage, Subscription};
use crate::error::ChatError;
use crate::gateway::too_many_subscribers;
use crate::protocol::ResumeFrame;
use crate::turn::{HeadState, Subscriber, TurnKey};

/// How long after its end a reply is replayed to clients that missed it. Later it is history.
const REPLAY_RETENTION: Duration = Duration::from_secs(10 * 60);

/// How long API Gateway may accept posts for a broken connection. One that broke later received the end.
const LOSS_DETECTION_DELAY: Duration = Duration::from_secs(2);

/// The outcome of a `resume`.
pub enum Resumed {
    /// There is nothing to resume.
    Nothing,
    /// The owner of the running turn streams it.
    Subscribed,
    /// This function streams it.
    Here(Turn),
}

impl ChatService {
    /// Subscribes the caller to the running turn of a conversation: its owner streams the reply from the beginning and
    /// goes on live. An abandoned turn is taken over. One that has ended is replayed to clients that missed its end, so
    /// that they show what is stored.
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
                // It ended, or another function took it over, concurrently: read again.
                Ok(None) | Err(ResumeError::Store(StoreError::LeaseLost)) => {}
                Ok(Some(resumed)) => return Ok(resumed),
                Err(ResumeError::TooManySubscribers) => return Err(too_many_subscribers()),
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
                Subscription::Subscribed => Some(Resumed::Subscribed),
                Subscription::Full => return Err(ResumeError::TooManySubscribers),
                Subscription::NotRunning => None,
                Subscription::Stopped if self.is_replaced(&turn, subscriber).await? => Some(Resumed::Nothing),
                Subscription::Stopped => {
                    self.stop_turn(&turn).await?;
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

    // Whether the caller may show something else than what is stored: the end was not delivered to all, there was more
    // than one attempt, the caller was connected and had not subscribed, or a subscriber's connection broke before the
    // end can have arrived. Who was subscribed to the end, or connected after it, does not need it.
    async fn was_missed(&self, head: &StoredMessage, caller: &Caller, now: Timestamp) -> Result<bool, StoreError> {
        let Some(lease) = head.lease.as_ref().filter(|lease| lease.expires_at + REPLAY_RETENTION > now) else {
            return Ok(false);
        };
        if head.message.status == Status::Waiting {
            return Ok(head.is_due || head.missed);
        }
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

/// Why a turn cannot be resumed.
enum ResumeError {
    /// The turn has too many subscribers at the moment.
    TooManySubscribers,
    /// The store failed, or what was read has changed since.
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
