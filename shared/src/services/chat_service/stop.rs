//! How a client stops a running turn.

use std::time::Duration;

use tokio::time::sleep;

use super::ChatService;
use super::attempts::MAX_ATTEMPTS;
use crate::caller::Caller;
use crate::conversation::{RequestId, Status};
use crate::db::{ClosedWait, RequestRecord, StoreError, StoredMessage, Subscription};
use crate::error::ChatError;
use crate::turn::{BreakOff, Subscriber, TurnKey, closing_entries};

/// How long the stop of a `resume` waits for another `resume` of its connection: frames may be reordered.
const RESUME_REORDER_WINDOW: Duration = Duration::from_millis(300);

impl ChatService {
    /// Stops the turn that this request started, resumed or answered: its owner, or its wait. A turn that has ended is left
    /// as it is.
    /// A stop that arrives before its request is remembered until the request arrives, since frames are handled
    /// concurrently.
    ///
    /// A request that resumed the turn and was replaced by a later one of its connection only ends its subscription:
    /// clients send `abort` for the former when they resume again, and nobody has asked for a stop.
    ///
    /// # Errors
    /// A typed error for the client.
    pub async fn stop(&self, caller: &Caller, request: &RequestId) -> Result<(), ChatError> {
        self.try_stop(caller, request).await.map_err(ChatError::internal)
    }

    async fn try_stop(&self, caller: &Caller, request: &RequestId) -> Result<(), StoreError> {
        let (user, connection) = (&caller.user, &caller.connection);
        loop {
            match self.store.request(user, connection, request).await? {
                Some(RequestRecord::Taken { turn, fingerprint: Some(_) }) => {
                    return self.stop_turn(&turn).await;
                }
                Some(RequestRecord::Taken { turn, fingerprint: None }) => {
                    let subscriber = Subscriber { connection: connection.clone(), request: request.clone() };
                    return match self.is_replaced(&turn, &subscriber).await? {
                        true => self.store.unsubscribe(&turn, &subscriber).await,
                        false => self.stop_turn(&turn).await,
                    };
                }
                Some(RequestRecord::StoppedInAdvance) => return Ok(()),
                None if self.store.stop_in_advance(user, connection, request, (self.clock)()).await? => return Ok(()),
                // The request arrived concurrently, and is remembered for a day.
                None => {}
            }
        }
    }

    /// Asks the owner of a turn to stop, or ends its wait. It may begin to wait, or go on, meanwhile.
    pub(super) async fn stop_turn(&self, turn: &TurnKey) -> Result<(), StoreError> {
        for _ in 0..MAX_ATTEMPTS {
            if self.store.request_stop(turn).await? || self.end_wait(turn, BreakOff::Stopped).await? {
                return Ok(());
            }
        }
        tracing::warn!(turn = %turn.message_id, "stopping a turn failed: it goes on and waits again and again");
        Ok(())
    }

    /// Ends the wait of a turn: its open calls end for this reason. Returns whether it has ended now, or had before.
    pub(super) async fn end_wait(&self, turn: &TurnKey, why: BreakOff) -> Result<bool, StoreError> {
        let Some(stored) = self.store.reply(turn).await? else { return Ok(true) };
        if stored.message.status != Status::Waiting {
            return Ok(stored.message.status.has_ended());
        }
        let StoredMessage { message, lease: Some(seen), is_due, .. } = stored else { return Ok(true) };
        let entries = closing_entries(&message.entries, why);
        let closed = ClosedWait { message_id: message.id, seen, entries, is_delivered: !is_due };
        match self.store.close_waiting(turn, &closed).await {
            // It goes on, or has got an answer, meanwhile.
            Err(StoreError::Stale) => Ok(false),
            closed => closed.map(|()| true),
        }
    }

    /// Whether a request that resumed the turn, and is stopped, has been replaced by another one of its connection.
    pub(super) async fn is_replaced(&self, turn: &TurnKey, subscriber: &Subscriber) -> Result<bool, StoreError> {
        sleep(RESUME_REORDER_WINDOW).await;
        self.store.release(turn, subscriber).await
    }

    /// Subscribes a request to a turn, and stops the turn if the stop of the request arrived before it.
    pub(super) async fn subscribe(&self, turn: &TurnKey, subscriber: &Subscriber) -> Result<Subscription, StoreError> {
        let subscription = self.store.subscribe(turn, subscriber, (self.clock)()).await?;
        if subscription != Subscription::Stopped {
            return Ok(subscription);
        }
        self.stop_turn(turn).await?;
        self.store.subscribe(turn, subscriber, (self.clock)()).await
    }
}
