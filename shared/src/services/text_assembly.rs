//! Assembles texts that are longer than a frame: their parts are sent before the message.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::caller::Caller;
use crate::conversation::{Clock, UserId};
use crate::db::{RequestRecord, StoreError, TextPart, TextPartStore, TurnStore};
use crate::error::ChatError;
use crate::protocol::{SendFrame, TextPartFrame};
use crate::turn::Subscriber;

/// How often to poll for a missing part, and the pause between: frames are handled concurrently, so a message may
/// overtake the parts of its text.
const MAX_POLLS: usize = 30;
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Stores the parts of texts, and assembles them.
pub struct TextAssembly {
    /// Where parts are stored.
    pub parts: Arc<dyn TextPartStore>,
    /// Where accepted requests are recorded.
    pub requests: Arc<dyn TurnStore>,
    /// The clock.
    pub clock: Clock,
}

/// Parts of a text that are no longer needed.
pub struct Leftover {
    parts: Arc<dyn TextPartStore>,
    user: UserId,
    request: Subscriber,
    count: usize,
}

impl TextAssembly {
    /// Stores a part until its message arrives. One that is redelivered after its request was accepted is dropped.
    ///
    /// # Errors
    /// The store is unavailable.
    pub async fn keep(&self, caller: &Caller, part: TextPartFrame) -> Result<(), ChatError> {
        let request = Subscriber { connection: caller.connection.clone(), request: part.request_id };
        if self.was_taken(&caller.user, &request).await.map_err(ChatError::internal)? {
            return Ok(());
        }
        let (user, sent_at) = (caller.user.clone(), (self.clock)());
        let part = TextPart { user, request, index: part.index, text: part.text, sent_at };
        self.parts.put_text_part(&part).await.map_err(ChatError::internal)
    }

    /// The message with its whole text, and the parts to remove afterwards. `None` if the request was accepted before,
    /// and its parts are gone. Reads nothing if the frame contains the whole text.
    ///
    /// # Errors
    /// A part does not arrive, or the text is empty or too long.
    pub async fn complete(
        &self,
        caller: &Caller,
        frame: SendFrame,
    ) -> Result<Option<(SendFrame, Option<Leftover>)>, ChatError> {
        let count = frame.text_parts;
        if count == 0 {
            return Ok(Some((frame, None)));
        }
        let request = Subscriber { connection: caller.connection.clone(), request: frame.request_id.clone() };
        for _ in 0..MAX_POLLS {
            let parts = self.parts.text_parts(&caller.user, &request, count).await.map_err(ChatError::internal)?;
            if let Some(parts) = parts {
                let leftover = Leftover { parts: Arc::clone(&self.parts), user: caller.user.clone(), request, count };
                return Ok(Some((frame.behind(&parts)?, Some(leftover))));
            }
            sleep(POLL_INTERVAL).await;
        }
        match self.was_taken(&caller.user, &request).await.map_err(ChatError::internal)? {
            true => Ok(None),
            false => {
                let error = ChatError::invalid_frame("a piece of its text has not come");
                Err(error.with_detail("field", "body.textParts"))
            }
        }
    }

    async fn was_taken(&self, user: &UserId, request: &Subscriber) -> Result<bool, StoreError> {
        let record = self.requests.request(user, &request.connection, &request.request).await?;
        Ok(matches!(record, Some(RequestRecord::Taken { .. })))
    }
}

impl Leftover {
    /// Removes them. If that fails, they expire.
    pub async fn remove(self) {
        if let Err(error) = self.parts.remove_text_parts(&self.user, &self.request, self.count).await {
            tracing::warn!(%error, "removing the parts of a text failed");
        }
    }
}
