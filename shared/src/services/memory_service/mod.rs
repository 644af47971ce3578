//! The context that a turn's prompt is made of.

mod window;

pub use window::{MemoryLimits, MemoryService, RefusedReplies, estimated_tokens};
