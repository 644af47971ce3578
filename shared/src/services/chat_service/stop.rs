//! How a client stops a running turn.

use std::time::Duration;

use tokio::time::sleep;

use super::ChatService;
use crate::caller::Caller;
use crate::conversation::RequestId;
use crate::db::{RequestRecord, StoreError, Subscription};
use crate::error::ChatError;
use crate::turn::{Subscriber, TurnKey};

/// How long the stop of a `resume` waits for another `resume` of its connection: frames may be reordered.
const RESUME_REORDER_WINDOW: Duration = Duration::from_millis(300);

impl ChatService {
    /// Asks the owner of the turn that this request started or resumed to stop. A turn that has ended is left as it is.
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
                // The request arrived concurrently, and is remembered for a day.
                None => {}
            }
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
        self.store.request_stop(turn).await?;
        self.store.subscribe(turn, subscriber, (self.clock)()).await
    }
}
