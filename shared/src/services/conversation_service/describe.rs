//! `server.describe`: what a client may choose and send.

use super::ConversationService;
use crate::error::ChatError;
use crate::protocol::{FRAME_BYTES, Limits, MAX_TEXT_BYTES, MAX_TEXT_PARTS, ServerDescription};

impl ConversationService {
    pub(super) async fn describe(&self) -> Result<ServerDescription, ChatError> {
        Ok(ServerDescription {
            models: self.catalog.describe_models(),
            agents: self.catalog.describe_agents().await?,
            limits: Limits { text_bytes: MAX_TEXT_BYTES, text_parts: MAX_TEXT_PARTS, frame_bytes: FRAME_BYTES },
        })
    }
}
