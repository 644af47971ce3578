//! Texts that are longer than a frame: their pieces come ahead of the message, and are put together here.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::caller::Caller;
use crate::conversation::{Clock, UserId};
use crate::db::{RequestRecord, Store, StoreError, TextPart, TextPartStore};
use crate::error::ChatError;
use crate::protocol::{SendFrame, TextPartFrame};
use crate::turn::Subscriber;

/// How often it is looked again for a piece that is missing, and the pause between: frames are handled side by side, so a message
/// may overtake the pieces of its text.
const MAX_POLLS: usize = 30;
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Keeps the pieces of texts, and puts them together.
pub struct TextAssembly {
    /// Where pieces are kept.
    pub parts: Arc<dyn TextPartStore>,
    /// Where it is known which requests were taken.
    pub requests: Arc<dyn Store>,
    /// The clock.
    pub clock: Clock,
}

/// The pieces of a text that are not needed any more.
pub struct Leftover {
    parts: Arc<dyn TextPartStore>,
    user: UserId,
    request: Subscriber,
    count: usize,
}

impl TextAssembly {
    /// Keeps a piece until its message comes. One that is redelivered when its request was taken is dropped.
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

    /// The message with its whole text, and what is to be removed then. `None` where the request was taken before, and its pieces are
    /// gone. Where all of the text is in the frame, nothing is read.
    ///
    /// # Errors
    /// A piece does not come, or the text is empty or too long.
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
            let pieces = self.parts.text_parts(&caller.user, &request, count).await.map_err(ChatError::internal)?;
            if let Some(pieces) = pieces {
                let leftover = Leftover { parts: Arc::clone(&self.parts), user: caller.user.clone(), request, count };
                return Ok(Some((frame.behind(&pieces)?, Some(leftover))));
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
    /// Removes them. Where that fails they expire.
    pub async fn remove(self) {
        if let Err(error) = self.parts.remove_text_parts(&self.user, &self.request, self.count).await {
            tracing::warn!(%error, "removing the parts of a text failed");
        }
    }
}
