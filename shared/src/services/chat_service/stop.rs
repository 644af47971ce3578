//! How a client stops a running turn.

use std::time::Duration;

use tokio::time::sleep;

use super::ChatService;
use crate::caller::Caller;
use crate::conversation::RequestId;
use crate::db::{RequestRecord, StoreError, Subscription};
use crate::error::ChatError;
use crate::turn::{Subscriber, TurnKey};

/// How long the stop of a `resume` waits for another `resume` of its connection: frames are handled side by side.
const RESUME_REORDER_WINDOW: Duration = Duration::from_millis(300);

impl ChatService {
    /// Asks for the end of the turn that a request of this connection started or resumed. A turn that has ended is left as it
    /// is. A stop that comes before its request is remembered until the request comes, since frames are handled side by side.
    ///
    /// A request that resumed the turn, and was replaced by a later one of its connection, only ends its following: clients say
    /// `abort` of the former when they resume again, and nobody has asked for a stop.
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
                    return self.store.request_stop(&turn).await.map(drop);
                }
                Some(RequestRecord::Taken { turn, fingerprint: None }) => {
                    let subscriber = Subscriber { connection: connection.clone(), request: request.clone() };
                    return match self.is_replaced(&turn, &subscriber).await? {
                        true => self.store.unsubscribe(&turn, &subscriber).await,
                        false => self.store.request_stop(&turn).await.map(drop),
                    };
                }
                Some(RequestRecord::StoppedInAdvance) => return Ok(()),
                None if self.store.stop_in_advance(user, connection, request, (self.clock)()).await? => return Ok(()),
                // It came concurrently, and is remembered for a day.
                None => {}
            }
        }
    }

    /// Whether a request that resumed the turn, and is stopped, has been replaced by another one of its connection.
    pub(super) async fn is_replaced(&self, turn: &TurnKey, subscriber: &Subscriber) -> Result<bool, StoreError> {
        sleep(RESUME_REORDER_WINDOW).await;
        self.store.release(turn, subscriber).await
    }

    /// Has a request follow a turn, and the turn stopped if the stop of the request has come before it.
    pub(super) async fn subscribe(&self, turn: &TurnKey, subscriber: &Subscriber) -> Result<Subscription, StoreError> {
        let subscription = self.store.subscribe(turn, subscriber, (self.clock)()).await?;
        if subscription != Subscription::Stopped {
            return Ok(subscription);
        }
        self.store.request_stop(turn).await?;
        self.store.subscribe(turn, subscriber, (self.clock)()).await
    }
}
