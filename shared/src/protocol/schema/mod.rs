//! The protocol for others: TypeScript for the client package, and AsyncAPI for clients in any language.
//!
//! The type of a client's frame decides as what the frame is read ([`ClientFrame::decode`](super::ClientFrame::decode)):
//! an enum that serde derives would copy the frame first, and not name the field that is wrong. Here each type stands
//! beside its name; tests with the fixtures check that both agree.

mod asyncapi;
mod typescript;

use schemars::JsonSchema;
use ts_rs::TS;

use super::client_frame::{Addressed, Resume, Send};
use super::{
    DeleteConversation, ExportConversation, GetConversation, GetOutput, GiveFeedback, ListConversations,
    RenameConversation, SearchConversations, TextPartFrame,
};
use crate::conversation::RequestId;

pub use asyncapi::asyncapi;
pub use typescript::typescript;

/// A frame of a client.
#[derive(JsonSchema, TS)]
#[schemars(tag = "type", rename_all_fields = "camelCase")]
#[ts(tag = "type", rename_all_fields = "camelCase")]
#[allow(dead_code, reason = "only its shape is of interest")]
enum ClientFrame {
    /// Start a turn.
    #[schemars(rename = "send")]
    #[ts(rename = "send")]
    Send(Send<'static>),
    /// Store a part of the text of the message that the `send` with the same `requestId` is going to bring. It is only
    /// answered if it is rejected, with an `error`.
    #[schemars(rename = "text-part")]
    #[ts(rename = "text-part")]
    TextPart(TextPartFrame),
    /// Follow the running turn of a conversation.
    #[schemars(rename = "resume")]
    #[ts(rename = "resume")]
    Resume(Resume),
    /// Stop the turn that this request started or followed.
    #[schemars(rename = "abort")]
    #[ts(rename = "abort")]
    Abort(Addressed),
    /// Answer with `pong`.
    #[schemars(rename = "ping")]
    #[ts(rename = "ping")]
    Ping(Addressed),
    /// List conversations.
    #[schemars(rename = "conversations.list")]
    #[ts(rename = "conversations.list")]
    List {
        request_id: RequestId,
        #[schemars(flatten)]
        #[ts(flatten)]
        operation: ListConversations,
    },
    /// Read a conversation.
    #[schemars(rename = "conversations.get")]
    #[ts(rename = "conversations.get")]
    Get {
        request_id: RequestId,
        #[schemars(flatten)]
        #[ts(flatten)]
        operation: GetConversation,
    },
    /// Set the title of a conversation.
    #[schemars(rename = "conversations.rename")]
    #[ts(rename = "conversations.rename")]
    Rename {
        request_id: RequestId,
        #[schemars(flatten)]
        #[ts(flatten)]
        operation: RenameConversation,
    },
    /// Delete a conversation.
    #[schemars(rename = "conversations.delete")]
    #[ts(rename = "conversations.delete")]
    Delete {
        request_id: RequestId,
        #[schemars(flatten)]
        #[ts(flatten)]
        operation: DeleteConversation,
    },
    /// Search in conversations.
    #[schemars(rename = "conversations.search")]
    #[ts(rename = "conversations.search")]
    Search {
        request_id: RequestId,
        #[schemars(flatten)]
        #[ts(flatten)]
        operation: SearchConversations,
    },
    /// Export a conversation as a file.
    #[schemars(rename = "conversations.export")]
    #[ts(rename = "conversations.export")]
    Export {
        request_id: RequestId,
        #[schemars(flatten)]
        #[ts(flatten)]
        operation: ExportConversation,
    },
    /// Read the whole output of a call of a tool.
    #[schemars(rename = "messages.output")]
    #[ts(rename = "messages.output")]
    Output {
        request_id: RequestId,
        #[schemars(flatten)]
        #[ts(flatten)]
        operation: GetOutput,
    },
    /// Store the user's feedback on a message.
    #[schemars(rename = "messages.feedback")]
    #[ts(rename = "messages.feedback")]
    Feedback {
        request_id: RequestId,
        #[schemars(flatten)]
        #[ts(flatten)]
        operation: GiveFeedback,
    },
    /// Describe the models, agents and limits of the server.
    #[schemars(rename = "server.describe")]
    #[ts(rename = "server.describe")]
    Describe(Addressed),
}
