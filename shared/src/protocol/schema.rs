//! The wire as TypeScript, for the client package.
//!
//! A client's frame is read in two steps ([`ClientFrame::decode`](super::ClientFrame::decode)): first what kind it is of, then
//! as that kind. Here each kind stands beside its name; with the fixtures it is tested that both agree.

use std::any::TypeId;
use std::collections::HashSet;

use ts_rs::{Config, TS, TypeVisitor};

use super::client_frame::{Addressed, Resume, Send};
use super::{
    DeleteConversation, ExportConversation, GetConversation, GiveFeedback, ListConversations, RenameConversation,
    SearchConversations, ServerFrame,
};
use crate::conversation::RequestId;

/// A frame of a client.
#[derive(TS)]
#[ts(tag = "type", rename_all_fields = "camelCase")]
#[allow(dead_code, reason = "only its shape is of interest")]
enum ClientFrame {
    /// Start a turn.
    #[ts(rename = "send")]
    Send(Send<'static>),
    /// Follow the running turn of a conversation.
    #[ts(rename = "resume")]
    Resume(Resume),
    /// Stop the turn that this request started or followed.
    #[ts(rename = "abort")]
    Abort(Addressed),
    /// Answer with `pong`.
    #[ts(rename = "ping")]
    Ping(Addressed),
    /// List conversations.
    #[ts(rename = "conversations.list")]
    List {
        request_id: RequestId,
        #[ts(flatten)]
        operation: ListConversations,
    },
    /// Read a conversation.
    #[ts(rename = "conversations.get")]
    Get {
        request_id: RequestId,
        #[ts(flatten)]
        operation: GetConversation,
    },
    /// Give a conversation another title.
    #[ts(rename = "conversations.rename")]
    Rename {
        request_id: RequestId,
        #[ts(flatten)]
        operation: RenameConversation,
    },
    /// Delete a conversation.
    #[ts(rename = "conversations.delete")]
    Delete {
        request_id: RequestId,
        #[ts(flatten)]
        operation: DeleteConversation,
    },
    /// Search in conversations.
    #[ts(rename = "conversations.search")]
    Search {
        request_id: RequestId,
        #[ts(flatten)]
        operation: SearchConversations,
    },
    /// Write a conversation as a file.
    #[ts(rename = "conversations.export")]
    Export {
        request_id: RequestId,
        #[ts(flatten)]
        operation: ExportConversation,
    },
    /// Keep what the person thinks of a message.
    #[ts(rename = "messages.feedback")]
    Feedback {
        request_id: RequestId,
        #[ts(flatten)]
        operation: GiveFeedback,
    },
    /// Tell what there is to choose from.
    #[ts(rename = "server.describe")]
    Describe(Addressed),
}

const HEADER: &str = "\
// The frames on the wire. Made from the server's own types by `make types`; a test keeps them the same. Do not edit.
";

/// All types of the wire as one TypeScript module.
pub fn typescript() -> String {
    let config = Config::new().with_large_int("number");
    let mut collected = Collected { seen: HashSet::new(), declarations: Vec::new(), config: &config };
    collected.visit::<ClientFrame>();
    collected.visit::<ServerFrame<'static>>();
    format!("{HEADER}\n{}", collected.declarations.join("\n"))
}

struct Collected<'a> {
    seen: HashSet<TypeId>,
    declarations: Vec<String>,
    config: &'a Config,
}

impl TypeVisitor for Collected<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        T::visit_dependencies(self);
        // Types without a place of their own, such as numbers and texts, are written out where they are used.
        if T::output_path().is_some() {
            let docs = T::docs().unwrap_or_default();
            self.declarations.push(format!("{docs}export {}\n", T::decl(self.config)));
        }
    }
}
