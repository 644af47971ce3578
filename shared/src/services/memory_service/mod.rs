//! What Natter remembers of a conversation.

mod window;

pub use window::{MemoryLimits, MemoryService, RefusedReplies, estimated_tokens};
