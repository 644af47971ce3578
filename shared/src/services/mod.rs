//! What Natter does, in terms of the vocabulary, the protocol and traits; no SDK is named here.

mod chat_service;
mod memory_service;
mod running_turn;
mod saver;

pub use chat_service::{ChatService, Turn};
pub use memory_service::{MemoryLimits, MemoryService, estimated_tokens};
pub use running_turn::RunningTurn;
