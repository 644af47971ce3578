//! The protocol: the frames of the AI SDK's `WebSocketChatTransport` and our extensions to them.
//!
//! Nothing else knows JSON frames. Incoming frames are validated here, once, and leave as domain types
//! ([`ClientFrame`]); outgoing frames are written here ([`ServerFrame`], [`Chunk`]). `shared/tests/fixtures/frames` has
//! one example of each frame.

mod chunk;
mod client_frame;
mod json_length;
mod operation_result;
mod part;
#[cfg(feature = "schema")]
pub mod schema;
mod server_frame;
mod tool_part;
mod tool_value;

pub use chunk::{Chunk, PartKind, ReplyMetadata};
pub use client_frame::{
    AnswerFrame, ClientFrame, DeleteConversation, ExportConversation, ExportFormat, FRAME_BYTES, GetConversation,
    GetOutput, GiveFeedback, InvalidFrame, ListConversations, MAX_TEXT_BYTES, MAX_TEXT_PARTS, Operation,
    OperationFrame, Rating, RenameConversation, ResumeFrame, SearchConversations, SendFrame, TextPartFrame,
};
pub use json_length::{json_bytes, json_length, json_prefix};
pub use operation_result::{
    Choice, ConversationList, ConversationPage, ConversationSummary, Done, ExportPage, HistoryMessage, Limits,
    MessageMetadata, OperationResult, OutputPage, RenamedConversation, SearchHit, SearchPage, ServerDescription,
};
pub use part::{Part, WrittenPart, fold};
pub use server_frame::{Notice, ServerFrame};
pub use tool_part::{ToolApproval, ToolPart, ToolState};
pub use tool_value::{shown_input, shown_output, shown_sentence};
