//! The wire: the frames of the AI SDK's `WebSocketChatTransport` and our extensions to them.
//!
//! Nothing else knows JSON frames. What comes in is checked here, once, and leaves as our own words
//! ([`ClientFrame`]); what goes out is written here ([`ServerFrame`], [`Chunk`]).
//! `shared/tests/fixtures/frames` holds one example of each frame.

mod chunk;
mod client_frame;
mod json_length;
mod operation_result;
#[cfg(feature = "schema")]
pub mod schema;
mod server_frame;

pub use chunk::{Chunk, PartKind, ReplyMetadata};
pub use client_frame::{
    ClientFrame, DeleteConversation, FRAME_BYTES, GetConversation, InvalidFrame, ListConversations, MAX_TEXT_BYTES,
    Operation, OperationFrame, RenameConversation, ResumeFrame, SendFrame,
};
pub use json_length::json_bytes;
pub use operation_result::{
    Choice, ConversationList, ConversationPage, ConversationSummary, Done, HistoryMessage, Limits, MessageMetadata,
    OperationResult, RenamedConversation, ServerDescription,
};
pub use server_frame::{Notice, ServerFrame};
